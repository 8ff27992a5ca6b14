import { isObject } from '../../../mcp/json-rpc.ts';
import { atom, literal, MAX_MEMBERS, propertyName, type TypeText, UNKNOWN, unionOf } from './type-text.ts';

/** Maximum nesting of a constant whose type is written out in full. */
const MAX_DEPTH = 16;

/** Maximum number of members of a constant object or array whose type is written out in full. */
const MAX_CONSTANT = 200;

/** Returns a type that allows only this JSON value. If the value is too large, the type allows other values too. */
export function literalType(value: unknown, depth = 0): TypeText {
  if (typeof value === 'string') return atom(literal(value));
  if (typeof value === 'number') return atom(Number.isFinite(value) ? String(value) : 'number');
  if (value === null || typeof value === 'boolean') return atom(String(value));
  if (depth >= MAX_DEPTH) return UNKNOWN;
  if (Array.isArray(value)) {
    if (value.length > MAX_CONSTANT) return atom('readonly unknown[]');
    return {
      ...atom(`readonly [${value.map((item) => literalType(item, depth + 1).text).join(', ')}]`),
      isCompound: true,
    };
  }
  if (!isObject(value)) return UNKNOWN;
  const names = Object.keys(value).sort();
  if (names.length === 0) return atom('{ [key: string]: never }');
  if (names.length > MAX_CONSTANT) return atom('{ [key: string]: unknown }');
  return atom(
    `{ ${names.map((name) => `${propertyName(name)}: ${literalType(value[name], depth + 1).text}`).join('; ')} }`,
  );
}

/**
 * Returns the union type of an `enum`'s values. If there are too many values, returns the union of their primitive
 * types.
 */
export function literalUnion(values: readonly unknown[]): TypeText {
  if (values.length <= MAX_MEMBERS) return unionOf(values.map((value) => literalType(value)));
  const kinds = new Set(values.map((value) => (value === null ? 'null' : typeof value)));
  return kinds.has('object') ? UNKNOWN : unionOf([...kinds].sort().map((kind) => atom(kind)));
}
