import type { RemoteToolDefinition } from '../../shared/tools/tool-definition.ts';
import { encodeHeaderValue } from './header-value.ts';
import { isObject, type JsonObject } from './json-rpc.ts';

/** An argument of a tool that is also sent as a header. */
interface HeaderDeclaration {
  /** Names of the members that lead to the argument, from the outermost to the innermost. */
  readonly path: readonly string[];
  /** Name of the header without the prefix `Mcp-Param-`, as the schema declares it. */
  readonly name: string;
}

/** The headers that the schema of a tool declares, or the reason why a declaration is invalid. */
export type ToolHeaders =
  | { readonly kind: 'declared'; readonly declarations: readonly HeaderDeclaration[] }
  | { readonly kind: 'invalid'; readonly reason: string };

const KEY = 'x-mcp-header';
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);

/**
 * Maximum depth to which schemas are searched for header declarations. In practice, such arguments are not nested this
 * deep.
 */
const MAX_DEPTH = 64;

const known = new WeakMap<object, ToolHeaders>();

/**
 * Returns the arguments of a tool that are also sent as `Mcp-Param-…` headers (MCP 2026-07-28, Streamable HTTP, custom
 * headers). The schema of such an argument has an `x-mcp-header`, and every schema around it must be reached through
 * `properties`. Anywhere else, `x-mcp-header` makes the tool invalid, and a client must leave the tool out.
 */
export function toolHeaders(tool: RemoteToolDefinition): ToolHeaders {
  const seen = known.get(tool);
  if (seen !== undefined) return seen;
  const headers = scan(tool.inputSchema);
  known.set(tool, headers);
  return headers;
}

/**
 * Returns the `Mcp-Param-…` headers of a call. Names and values alternate. An argument gets no header if it is absent,
 * null, or neither a string, a number nor a boolean.
 */
export function paramHeaders(tool: RemoteToolDefinition, args: JsonObject): string[] {
  return mirroredArguments(tool, args).flatMap(({ name, text }) => [`Mcp-Param-${name}`, encodeHeaderValue(text)]);
}

/**
 * Returns the arguments of a call that are also sent as headers, each with the declared name and with its value as
 * text.
 */
export function mirroredArguments(
  tool: RemoteToolDefinition,
  args: JsonObject,
): readonly { readonly name: string; readonly text: string }[] {
  const headers = toolHeaders(tool);
  if (headers.kind === 'invalid' || headers.declarations.length === 0) return [];
  return headers.declarations.flatMap(({ path, name }) => {
    const text = asText(path.reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), args));
    return text === null ? [] : [{ name, text }];
  });
}

function asText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value);
  return typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value) ? String(value) : null;
}

function scan(schema: unknown): ToolHeaders {
  const declarations: HeaderDeclaration[] = [];
  const names = new Set<string>();
  /** Searches a schema for declarations. Returns why a declaration is invalid, or null if all are valid. */
  const visit = (node: unknown, path: readonly string[] | null, depth: number): string | null => {
    if (depth > MAX_DEPTH || typeof node !== 'object' || node === null) return null;
    if (Array.isArray(node)) return firstFault(node, (item) => visit(item, null, depth + 1));
    const declared = declaration(node as JsonObject, path);
    if (declared === null) return `${KEY} is invalid or in the wrong place at ${path?.join('.') || 'the schema'}`;
    if (declared !== undefined) {
      const folded = declared.name.toLowerCase();
      if (names.has(folded)) return `${KEY} "${declared.name}" is declared twice`;
      names.add(folded);
      declarations.push(declared);
    }
    return firstFault(Object.entries(node), ([key, child]) => {
      if (key === 'properties' && isObject(child)) {
        return firstFault(Object.entries(child), ([name, property]) =>
          visit(property, path === null ? null : [...path, name], depth + 1),
        );
      }
      // The value of a keyword such as `default` is data and not a schema, so it cannot contain a declaration.
      return DATA.has(key) ? null : visit(child, null, depth + 1);
    });
  };
  const reason = visit(schema, [], 0);
  return reason === null ? { kind: 'declared', declarations } : { kind: 'invalid', reason };
}

const DATA: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'example', 'examples', KEY]);

/**
 * Returns the header that a schema declares. Undefined if it declares no header, null if the declaration is invalid.
 */
function declaration(schema: JsonObject, path: readonly string[] | null): HeaderDeclaration | null | undefined {
  if (!Object.hasOwn(schema, KEY)) return undefined;
  const name = schema[KEY];
  if (path === null || path.length === 0 || !TYPES.has(schema.type)) return null;
  return typeof name === 'string' && TOKEN.test(name) ? { path, name } : null;
}

function firstFault<T>(items: readonly T[], visit: (item: T) => string | null): string | null {
  for (const item of items) {
    const fault = visit(item);
    if (fault !== null) return fault;
  }
  return null;
}
