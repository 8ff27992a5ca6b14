import { parse, TomlDate, TomlError } from 'smol-toml';
import { arrayNode, type ConfigNode, propertyNode, textNode } from './config-node.ts';
import { MAX_DEPTH, SyntaxFault, tooDeep } from './syntax-fault.ts';
import { type TomlPlaces, tomlPlaces } from './toml-places.ts';

/** Parses TOML 1.0. Throws a SyntaxFault. */
export function parseToml(text: string): ConfigNode {
  const deep = offsetOfLongKey(text);
  if (deep !== null) throw tooDeep(deep);
  const value = parsed(text);
  return convert(value, [], 0, tomlPlaces(text));
}

function parsed(text: string): unknown {
  try {
    return parse(text, { maxDepth: MAX_DEPTH });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new SyntaxFault(offsetOf(text, error), 'it is not TOML');
  }
}

/** Matches one part of a dotted key. */
const KEY_PART = /^[ \t]*(?:[\w-]{1,1000}|"[^"\n]{0,1000}"|'[^'\n]{0,1000}')[ \t]*$/;

/**
 * Returns the offset of the first dotted key with too many parts, or null if there is no such key. Each part adds a
 * level of nesting, but the parser does not count these levels.
 */
function offsetOfLongKey(text: string): number | null {
  let [at, parts] = [0, 0];
  for (const part of text.split('.')) {
    at += part.length + 1;
    parts = KEY_PART.test(part) ? parts + 1 : 0;
    if (parts > MAX_DEPTH) return at - 1;
  }
  return null;
}

type Path = readonly (string | number)[];

function convert(value: unknown, path: Path, parentOffset: number, places: TomlPlaces): ConfigNode {
  const offset = places.valueAt(path) ?? parentOffset;
  if (Array.isArray(value)) {
    return arrayNode(
      value.map((item, index) => convert(item, [...path, index], offset, places)),
      offset,
    );
  }
  if (value instanceof TomlDate) return textNode(value.toISOString(), offset);
  if (typeof value === 'object' && value !== null) {
    const children = Object.entries(value).map(([name, member]) => {
      const memberPath = [...path, name];
      const keyOffset = places.keyAt(memberPath) ?? offset;
      return propertyNode(textNode(name, keyOffset), convert(member, memberPath, keyOffset, places));
    });
    return { type: 'object', offset, children };
  }
  if (typeof value === 'number' || typeof value === 'boolean')
    return { type: typeof value === 'number' ? 'number' : 'boolean', value, offset };
  return textNode(String(value), offset);
}

function offsetOf(text: string, { line, column }: TomlError): number {
  let start = 0;
  for (let at = 1; at < line; at += 1) start = text.indexOf('\n', start) + 1;
  return Math.min(text.length, start + column - 1);
}
