import type { Node, ParsedNode, parseDocument } from 'yaml';
import { arrayNode, type ConfigNode, propertyNode, textNode } from './config-node.ts';
import { loadYaml } from './load-yaml.ts';
import { MAX_DEPTH, SyntaxFault, tooDeep } from './syntax-fault.ts';

/**
 * Maximum number of values in a file after its aliases are expanded. Without a limit, a few lines of aliases could
 * expand to billions of values.
 */
const MAX_NODES = 200_000;

/** Parses one YAML document and expands its aliases and merge keys. Throws a SyntaxFault. */
export function parseYaml(text: string): ConfigNode {
  const { isAlias, isMap, isPair, isScalar, isSeq } = loadYaml();
  const deep = offsetOfFlowDepth(text);
  if (deep !== null) throw tooDeep(deep);
  const document = parse(text);
  const [error] = document.errors;
  if (error !== undefined) throw new SyntaxFault(error.pos[0], `it is not YAML (${wordsOf(error.code)})`);
  if (document.contents === null) throw new SyntaxFault(0, 'it is empty');
  let count = 0;
  // Maps anchors to their nodes. To find the anchor of an alias, the yaml package itself would search the whole
  // document each time.
  const anchors = new Map<string, Node>();
  let aliasDepth = 0;
  return convert(document.contents, 0, 0);

  function noteAnchor(node: unknown): void {
    // Within an expanded alias, all anchors have already been noted.
    if (aliasDepth > 0 || !(isScalar(node) || isMap(node) || isSeq(node)) || node.anchor === undefined) return;
    anchors.set(node.anchor, node);
  }

  function convert(given: unknown, parentOffset: number, depth: number): ConfigNode {
    if (!isAlias(given)) return convertNode(given, given, parentOffset, depth);
    aliasDepth += 1;
    const converted = convertNode(given, anchors.get(given.source), parentOffset, depth);
    aliasDepth -= 1;
    return converted;
  }

  function convertNode(given: unknown, node: unknown, parentOffset: number, depth: number): ConfigNode {
    noteAnchor(node);
    const offset = offsetOf(given) ?? parentOffset;
    if (isAlias(given) && node === undefined) throw new SyntaxFault(offset, 'it is not YAML (bad alias)');
    count += 1;
    if (depth > MAX_DEPTH) throw tooDeep(offset);
    if (count > MAX_NODES) throw new SyntaxFault(offset, `it has more than ${MAX_NODES} values`);
    if (isSeq(node)) {
      return arrayNode(
        node.items.map((item) => convert(item, offset, depth + 1)),
        offset,
      );
    }
    if (isMap(node)) return { type: 'object', offset, children: pairsOf(node.items, offset, depth) };
    return scalar(isScalar(node) ? node.value : null, offset);
  }

  function pairsOf(items: readonly unknown[], parentOffset: number, depth: number): ConfigNode[] {
    const own: ConfigNode[] = [];
    const merged: ConfigNode[] = [];
    for (const item of items) {
      if (!isPair(item)) continue;
      const keyOffset = offsetOf(item.key) ?? parentOffset;
      noteAnchor(item.key);
      const value = convert(item.value, keyOffset, depth + 1);
      const name = nameOf(item.key);
      if (name === '<<') merged.push(...mergedMembers(value));
      else own.push(propertyNode(textNode(name, keyOffset), value));
    }
    const names = new Set(own.map(nameOfProperty));
    // The object's own members take precedence over merged members.
    return [...own, ...merged.filter((property) => !names.has(nameOfProperty(property)))];
  }
}

function parse(text: string): ReturnType<typeof parseDocument<ParsedNode, true>> {
  try {
    return loadYaml().parseDocument<ParsedNode, true>(text, {
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
    });
  } catch (error) {
    // The parser recurses for each level of indentation, so very deep nesting overflows the stack before the depth can
    // be counted.
    if (error instanceof RangeError) throw tooDeep(0);
    throw error;
  }
}

/**
 * Returns a scalar key as a string, and an empty string for any other key. No client uses a list or an object as a key.
 */
function nameOf(key: unknown): string {
  return loadYaml().isScalar(key) ? String(key.value) : '';
}

function nameOfProperty({ children: [key] = [] }: ConfigNode): unknown {
  return key?.value;
}

function mergedMembers(value: ConfigNode): readonly ConfigNode[] {
  if (value.type === 'array') return (value.children ?? []).flatMap(mergedMembers);
  return value.type === 'object' ? (value.children ?? []) : [];
}

function scalar(value: unknown, offset: number): ConfigNode {
  if (value === null || value === undefined) return { type: 'null', value: null, offset };
  if (typeof value === 'number' || typeof value === 'boolean')
    return { type: typeof value === 'number' ? 'number' : 'boolean', value, offset };
  return textNode(String(value), offset);
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

/**
 * Returns the offset of the first bracket that is nested too deeply, or null if no bracket is. Brackets in quotes and
 * comments are counted too, so the limit may apply a little earlier.
 */
function offsetOfFlowDepth(text: string): number | null {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '[' || letter === '{') depth += 1;
    else if ((letter === ']' || letter === '}') && depth > 0) depth -= 1;
    if (depth > MAX_DEPTH) return at;
  }
  return null;
}

/** Turns an error code such as `BAD_INDENT` into readable words. */
function wordsOf(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}
