import type { RemoteToolDefinition } from '../../shared/tools/tool-definition.ts';
import { encodeHeaderValue } from './header-value.ts';
import { isObject, type JsonObject } from './json-rpc.ts';

/** An argument that is sent as a header too. */
interface HeaderDeclaration {
  /** The members that lead to it. */
  readonly path: readonly string[];
  /** As it was declared, without `Mcp-Param-`. */
  readonly name: string;
}

/** The headers that a tool's schema asks for, or why it may not ask for them so. */
export type ToolHeaders =
  | { readonly kind: 'declared'; readonly declarations: readonly HeaderDeclaration[] }
  | { readonly kind: 'invalid'; readonly reason: string };

const KEY = 'x-mcp-header';
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);

/** Schemas nested deeper are not looked into; no argument that anybody mirrors lies there. */
const MAX_DEPTH = 64;

const known = new WeakMap<object, ToolHeaders>();

/**
 * Which arguments of a tool are mirrored into `Mcp-Param-…` headers (MCP 2026-07-28, Streamable HTTP, custom headers): those whose schema says
 * `x-mcp-header`, below `properties` alone. Anything else that says it makes the tool invalid, which a client must leave out.
 */
export function toolHeaders(tool: RemoteToolDefinition): ToolHeaders {
  const seen = known.get(tool);
  if (seen !== undefined) return seen;
  const headers = scan(tool.inputSchema);
  known.set(tool, headers);
  return headers;
}

/** The `Mcp-Param-…` headers of a call, names and values in turn; an argument that is absent, null or no such value has none. */
export function paramHeaders(tool: RemoteToolDefinition, args: JsonObject): string[] {
  return mirroredArguments(tool, args).flatMap(({ name, text }) => [`Mcp-Param-${name}`, encodeHeaderValue(text)]);
}

/** The arguments of a call that are headers too: the name that was declared, and the value as text. */
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
  /** Returns what is wrong, null if nothing is. */
  const visit = (node: unknown, path: readonly string[] | null, depth: number): string | null => {
    if (depth > MAX_DEPTH || typeof node !== 'object' || node === null) return null;
    if (Array.isArray(node)) return firstFault(node, (item) => visit(item, null, depth + 1));
    const declared = declaration(node as JsonObject, path);
    if (declared === null) return `${KEY} is wrong or in the wrong place at ${path?.join('.') || 'the schema'}`;
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
      // Instances and annotations are data: what they hold declares nothing.
      return DATA.has(key) ? null : visit(child, null, depth + 1);
    });
  };
  const reason = visit(schema, [], 0);
  return reason === null ? { kind: 'declared', declarations } : { kind: 'invalid', reason };
}

const DATA: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'example', 'examples', KEY]);

/** The declaration of a schema; undefined where it has none, null where it is wrong. */
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
