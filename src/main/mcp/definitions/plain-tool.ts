import { isObject, type JsonObject } from '../json-rpc.ts';

/**
 * Fast path for tools: whether a tool is certainly valid in every revision of the given era. Returns false if that is
 * not certain. Nearly all tools are valid, and checking them member by member takes longer. A test compares the results
 * of both checks.
 */
export function isPlainTool(tool: JsonObject, isModern: boolean): boolean {
  const { title, description, icons, _meta, execution, inputSchema, outputSchema, annotations } = tool;
  if (!isText(title) || !isText(description) || icons !== undefined || execution !== undefined) return false;
  if (_meta !== undefined && !isObject(_meta)) return false;
  if (outputSchema !== undefined && !(isModern && isObject(outputSchema) && isText(outputSchema.$schema))) return false;
  return isObject(inputSchema) && isPlainInput(inputSchema) && areHints(annotations);
}

function isPlainInput({ type, $schema, properties, required }: JsonObject): boolean {
  if (type !== 'object' || !isText($schema)) return false;
  if (properties !== undefined) {
    if (!isObject(properties)) return false;
    for (const name in properties) if (!isObject(properties[name])) return false;
  }
  return required === undefined || (Array.isArray(required) && required.every((name) => typeof name === 'string'));
}

function areHints(annotations: unknown): boolean {
  if (annotations === undefined) return true;
  if (!isObject(annotations)) return false;
  const { title, readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations;
  if (!isText(title) || !isFlag(readOnlyHint) || !isFlag(destructiveHint)) return false;
  return isFlag(idempotentHint) && isFlag(openWorldHint);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}
