import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import type { SchemaReader } from './schema-reader.ts';
import { atom, comment, indented, propertyName, type TypeText, UNKNOWN, unionOf } from './type-text.ts';

/** Whether a schema describes objects although it has no `type`. */
export function isObjectSchema(schema: JsonObject): boolean {
  const { properties, patternProperties, additionalProperties, required } = schema;
  return (
    isObject(properties) ||
    isObject(patternProperties) ||
    isObject(additionalProperties) ||
    additionalProperties === false ||
    Array.isArray(required)
  );
}

/**
 * Returns the type of the objects that a schema describes. If the schema defines properties and does not say whether
 * others are allowed, the type has only the defined properties. JSON Schema would allow other properties too, but then
 * the compiler could not report a misspelt name.
 */
export function objectType(schema: JsonObject, reader: SchemaReader): TypeText {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = new Set(
    Array.isArray(schema.required) ? schema.required.filter((it) => typeof it === 'string') : [],
  );
  const names = [...new Set([...Object.keys(properties), ...required])].sort();
  const others = otherProperties(schema, names.length > 0, reader);
  const members = names.map((name) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : true;
    const mark = required.has(name) ? '' : '?';
    return `${documentation(property)}${propertyName(name)}${mark}: ${reader.within(property).text};`;
  });
  if (others !== null) members.push(`[key: string]: ${others.text};`);
  return atom(`{\n  ${members.map(indented).join('\n  ')}\n}`);
}

/** Returns a documentation comment with the description of a schema; empty if the schema has no description. */
export function documentation(schema: unknown): string {
  if (!isObject(schema)) return '';
  const { description, title, deprecated } = schema;
  return comment(description ?? title, deprecated === true ? ['@deprecated'] : []);
}

/**
 * Returns the type of properties that the schema allows but does not name; null if the type should allow no such
 * property.
 */
function otherProperties(schema: JsonObject, hasNames: boolean, reader: SchemaReader): TypeText | null {
  const { additionalProperties, unevaluatedProperties, patternProperties } = schema;
  const rest = additionalProperties ?? unevaluatedProperties;
  const patterns = isObject(patternProperties) ? Object.keys(patternProperties).sort() : [];
  // In TypeScript, the type of an index signature must include the types of all named properties. `unknown` includes
  // all types.
  if (hasNames) return patterns.length > 0 || rest === true || isObject(rest) ? UNKNOWN : null;
  if (rest === undefined || rest === true) return UNKNOWN;
  const described = patterns.map((pattern) => reader.within((patternProperties as JsonObject)[pattern]));
  return unionOf([...described, reader.within(rest)]);
}
