import { isObject } from '../../mcp/json-rpc.ts';
import { wrapped } from '../terminal/width/wrap-text.ts';
import { type Alternative, alternativesOf, type Schema } from './alternatives.ts';
import { type Parameter, parametersOf } from './parameters.ts';
import { keyText, typeText } from './type-text.ts';

/** The fields of a tool that are shown in its signature. */
export interface SignedTool {
  /** Full name of the tool, such as `server.tool`. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Schema;
  readonly outputSchema?: unknown;
  readonly annotations?: unknown;
}

export interface SignatureSettings {
  /** Maximum width of a line, in columns. */
  readonly width: number;
  /** Error messages by the name of the parameter. If there are any, each parameter is on a separate line. */
  readonly marks?: ReadonlyMap<string, string>;
}

/**
 * Formats a tool as a function in a TypeScript-like syntax. The description and the parameters are explained in a
 * comment before the function. A line after the function lists the annotations.
 */
export function signatureText(tool: SignedTool, { width }: SignatureSettings): string {
  const words = annotationWords(tool.annotations);
  return [
    ...commentLines(tool, width),
    ...functionLines(tool, { width }),
    ...(words.length === 0 ? [] : [`// ${words.join(', ')}`]),
  ].join('\n');
}

/**
 * Formats the function without its comment and annotations. Uses one line if the function fits and no parameter is
 * marked.
 */
export function functionLines(tool: SignedTool, { width, marks = new Map() }: SignatureSettings): readonly string[] {
  const { name, inputSchema, outputSchema } = tool;
  const { list, others } = parametersOf(inputSchema, inputSchema);
  const result = isObject(outputSchema) ? `: ${typeText(outputSchema, outputSchema)}` : '';
  const texts = list.map((parameter) => parameterText(parameter, inputSchema));
  if (others === 'open') texts.push('…');
  const line = `${name}(${texts.join(', ')})${result}`;
  if (line.length <= width && marks.size === 0) return [line];
  const longest = Math.min(width, Math.max(0, ...texts.map((text) => text.length + 1)));
  const lines = texts.map((text, index) => {
    const mark = marks.get(list[index]?.name ?? '');
    return mark === undefined ? `  ${text},` : `  ${`${text},`.padEnd(longest)}  ← ${mark}`;
  });
  return [`${name}(`, ...lines, `)${result}`];
}

/** Returns the annotations of a tool in words, such as `read-only` or `destructive`. */
function annotationWords(annotations: unknown): readonly string[] {
  if (!isObject(annotations)) return [];
  const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations;
  return [
    ...(readOnlyHint === true ? ['read-only'] : []),
    ...(readOnlyHint === false ? ['writes'] : []),
    ...(destructiveHint === true && readOnlyHint !== true ? ['destructive'] : []),
    ...(destructiveHint === false && readOnlyHint !== true ? ['not destructive'] : []),
    ...(idempotentHint === true ? ['idempotent'] : []),
    ...(openWorldHint === true ? ['open world'] : []),
    ...(openWorldHint === false ? ['closed world'] : []),
  ];
}

function commentLines({ description, inputSchema }: SignedTool, width: number): readonly string[] {
  const { list } = parametersOf(inputSchema, inputSchema);
  const text = description.trim() === '' ? [] : description.trim().split('\n');
  const about = text.flatMap((line) => wrapped(line.trimEnd(), width - 3));
  const parameters = list.flatMap((parameter) => {
    const remark = remarkOf(parameter, inputSchema);
    if (remark === '') return [];
    const [first = '', ...more] = wrapped(`@param ${parameter.name} ${remark}`, width - 7);
    return [first, ...more.map((line) => `    ${line}`)];
  });
  if (about.length + parameters.length === 0) return [];
  const gap = about.length > 0 && parameters.length > 0 ? [''] : [];
  // Escapes each `*` followed by `/`, which would end the comment.
  const lines = [...about, ...gap, ...parameters].map((line) => ` * ${line.replaceAll('*/', '*\\/')}`.trimEnd());
  return ['/**', ...lines, ' */'];
}

/** Returns facts about a parameter that its type does not show: its description, limits and default. */
function remarkOf({ schema }: Parameter, root: Schema): string {
  const alternatives = alternativesOf(schema, root);
  const own = [isObject(schema) ? schema : {}, ...alternatives.map((alternative) => alternative.schema)];
  const description = own.map((each) => each.description).find((text) => typeof text === 'string') ?? '';
  const fallback = own.find((each) => Object.hasOwn(each, 'default'))?.default;
  const remarks = [
    ...alternatives.flatMap(limitsOf),
    ...(fallback === undefined ? [] : [`defaults to ${JSON.stringify(fallback)}`]),
  ];
  const line = description.replace(/\s+/g, ' ').trim();
  return [line, remarks.length === 0 ? '' : `(${[...new Set(remarks)].join(', ')})`]
    .filter((part) => part !== '')
    .join(' ');
}

function limitsOf({ type, schema, values }: Alternative): readonly string[] {
  if (values !== null) return [];
  const { minimum, maximum, format } = schema;
  const limits = [
    ...(typeof minimum === 'number' && minimum > Number.MIN_SAFE_INTEGER ? [`at least ${minimum}`] : []),
    ...(typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER ? [`at most ${maximum}`] : []),
  ];
  if (type === 'integer') return ['a whole number', ...limits];
  if (type === 'number') return limits;
  return type === 'string' && typeof format === 'string' ? [format] : [];
}

function parameterText({ name, schema, isRequired }: Parameter, root: Schema): string {
  return `${keyText(name)}${isRequired ? '' : '?'}: ${typeText(schema, root)}`;
}
