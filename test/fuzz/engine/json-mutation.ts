import type { Random } from './random.ts';

/** Values that JSON parsers treat differently. */
const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -0, 1, -1, 0.5, 1e21, 2 ** 53, 1e308, '', '0', ' ', '\0', '\ud800', 'ü', '💥'],
  ...['__proto__', 'constructor', 'toString', 'null', [], {}, [[]], [{}], { id: 1 }, { toJSON: 1 }, { length: -1 }],
];

type Path = readonly (string | number)[];

/**
 * Changes one value of a JSON document and serializes the document again. An input may hold several documents with
 * `separator` between them; one of them is changed. Returns undefined if the chosen document is not JSON.
 */
export function mutateJson(separator: string) {
  return (input: Uint8Array, random: Random, dictionary: readonly string[]): Uint8Array | undefined => {
    const parts = Buffer.from(input).toString('utf8').split(separator);
    const index = random.below(parts.length);
    let root: unknown;
    try {
      root = JSON.parse(parts[index] ?? '');
    } catch {
      return undefined;
    }
    // Documents are also swapped, duplicated or removed.
    if (parts.length > 1 && random.oneIn(6)) {
      const [moved = ''] = parts.splice(index, random.oneIn(2) ? 1 : 0);
      if (!random.oneIn(3))
        parts.splice(random.below(parts.length + 1), 0, moved === '' ? JSON.stringify(root) : moved);
    } else parts[index] = JSON.stringify(change(root, random, dictionary)) ?? '';
    return Buffer.from(parts.join(separator), 'utf8');
  };
}

function change(root: unknown, random: Random, dictionary: readonly string[]): unknown {
  const paths: Path[] = [];
  collect(root, [], paths);
  const path = random.pick(paths);
  const other = valueAt(root, random.pick(paths));
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1);
  const word = dictionary.length > 0 ? random.pick(dictionary) : '';
  const value = random.pick<() => unknown>([
    () => random.pick(VALUES),
    () => word,
    () => structuredClone(other),
    () => [valueAt(root, path)],
    () => ({ [word]: valueAt(root, path) }),
    () => random.below(20) - 2,
    () => String(random.below(20)),
  ])();
  if (key === undefined) return random.oneIn(4) ? value : root;
  if (Array.isArray(parent)) {
    const at = Number(key);
    if (random.oneIn(4)) parent.splice(at, 1);
    else if (random.oneIn(3)) parent.splice(at, 0, value);
    else parent[at] = value;
    return root;
  }
  const object = parent as Record<string, unknown>;
  if (random.oneIn(4)) delete object[key];
  else define(object, random.oneIn(3) ? word : String(key), value);
  return root;
}

/** Sets a member, including one named `__proto__`. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function collect(value: unknown, path: Path, paths: Path[]): void {
  paths.push(path);
  if (typeof value !== 'object' || value === null || path.length > 32) return;
  if (Array.isArray(value)) for (const [index, item] of value.entries()) collect(item, [...path, index], paths);
  else for (const [key, item] of Object.entries(value)) collect(item, [...path, key], paths);
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], root);
}
