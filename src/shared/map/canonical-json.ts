/**
 * Canonical form of JSON values, RFC 8785 (JCS): members sorted by UTF-16 code units, strings and numbers as ECMAScript
 * writes them, no white space.
 */

const MAX_DEPTH = 512;

/**
 * Returns the canonical form of `value` as one string. As in JSON.stringify, members whose value is undefined are left
 * out and `toJSON` is called. Throws a TypeError for values that JSON cannot represent: a lone surrogate, NaN, an
 * infinity, a function, a bigint, a cycle.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

/** One piece of a canonical form. */
export interface CanonicalPiece {
  readonly text: string;
  /**
   * Set if this piece is a whole element of a top-level array: the key of the member that holds the array, and the
   * index of the element.
   */
  readonly element: { readonly key: string; readonly index: number } | null;
  /** Set if this piece opens a top-level array: the key of the member that holds the array. */
  readonly opens: string | null;
}

/**
 * Returns the canonical form of an object without the top-level member `without`, as pieces. Joined, the pieces are the
 * whole text. Each element of a top-level array is a separate piece, so that a long list can be hashed without creating
 * one long string, which would be much slower.
 */
export function* canonicalPieces(
  object: Readonly<Record<string, unknown>>,
  without: string,
): Generator<CanonicalPiece> {
  let separator = '{';
  for (const key of Object.keys(object).sort()) {
    const value = object[key];
    if (key === without || value === undefined) continue;
    const name = `${separator}${writeString(key)}:`;
    separator = ',';
    if (Array.isArray(value)) yield* canonicalElements(key, name, value);
    else yield { text: name + write(value, 1), element: null, opens: null };
  }
  yield { text: separator === '{' ? '{}' : '}', element: null, opens: null };
}

function* canonicalElements(key: string, name: string, items: readonly unknown[]): Generator<CanonicalPiece> {
  yield { text: `${name}[`, element: null, opens: key };
  for (const [index, item] of items.entries()) {
    if (index > 0) yield { text: ',', element: null, opens: null };
    yield { text: write(item ?? null, 2), element: { key, index }, opens: null };
  }
  yield { text: ']', element: null, opens: null };
}

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new TypeError(`Cannot canonicalize a value nested deeper than ${MAX_DEPTH} levels`);
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`Cannot canonicalize ${value}: JSON has no such number`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : writeContainer(value, depth);
    default:
      throw new TypeError(`Cannot canonicalize a ${typeof value}`);
  }
}

function writeString(text: string): string {
  if (!text.isWellFormed())
    throw new TypeError('Cannot canonicalize a string with a lone surrogate (RFC 8785 section 3.2.2.2)');
  return JSON.stringify(text);
}

function writeContainer(container: object, depth: number): string {
  if ('toJSON' in container && typeof container.toJSON === 'function') return write(container.toJSON(), depth + 1);
  if (Array.isArray(container)) return `[${container.map((item) => write(item ?? null, depth + 1)).join(',')}]`;
  const record = container as Readonly<Record<string, unknown>>;
  let text = '';
  // By default, sort() compares UTF-16 code units, as RFC 8785 section 3.2.3 requires. localeCompare does not.
  for (const key of Object.keys(record).sort()) {
    const value = record[key];
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${writeString(key)}:${write(value, depth + 1)}`;
  }
  return `{${text}}`;
}
