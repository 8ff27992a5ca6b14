import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';

/** Maximum number of JSON values in a schema that are searched for `$anchor`, `$dynamicAnchor` and `$id`. */
const MAX_NODES = 50_000;

/** The schema that a reference points to. */
export interface ReferenceTarget {
  /** The reference after decoding, such as `#/$defs/item`. It serves as the key of the schema. */
  readonly place: string;
  readonly schema: unknown;
}

/** Finds the targets of `$ref` and similar keywords within one schema document. Never fetches another document. */
export class SchemaReferences {
  readonly #root: unknown;
  /** Schemas by `$anchor`, `$dynamicAnchor` and `$id`; null until the first reference of that kind. */
  #named: ReadonlyMap<string, unknown> | null = null;

  constructor(root: unknown) {
    this.#root = root;
  }

  /** Returns the schema that a reference points to; null if the schema is not in this document. */
  find(reference: string): ReferenceTarget | null {
    const place = reference === '' ? '#' : decoded(reference);
    if (place === '#') return { place, schema: this.#root };
    if (place.startsWith('#/')) return found(place, atPointer(this.#root, place.slice(2)));
    this.#named ??= namesIn(this.#root);
    return found(place, this.#named.get(place));
  }
}

function found(place: string, schema: unknown): ReferenceTarget | null {
  return schema === undefined ? null : { place, schema };
}

/**
 * Returns the value that a JSON pointer (RFC 6901) names; undefined if no such value exists. Ignores inherited
 * properties.
 */
function atPointer(root: unknown, pointer: string): unknown {
  let value: unknown = root;
  for (const token of pointer.split('/')) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}

function decoded(reference: string): string {
  try {
    return decodeURIComponent(reference);
  } catch {
    // Invalid percent-encoding is taken literally.
    return reference;
  }
}

function namesIn(root: unknown): ReadonlyMap<string, unknown> {
  const names = new Map<string, unknown>();
  const open: unknown[] = [root];
  for (let count = 0; count < MAX_NODES; count += 1) {
    const value = open.pop();
    if (value === undefined && open.length === 0) break;
    if (typeof value !== 'object' || value === null) continue;
    if (isObject(value)) {
      const { $anchor, $dynamicAnchor, $id } = value;
      const own = [$anchor, $dynamicAnchor].flatMap((name) => (typeof name === 'string' ? [`#${name}`] : []));
      if (typeof $id === 'string') own.push($id, $id.replace(/#$/, ''));
      for (const name of own) if (!names.has(name)) names.set(name, value);
    }
    for (const member of Object.values(value).reverse()) open.push(member);
  }
  return names;
}
