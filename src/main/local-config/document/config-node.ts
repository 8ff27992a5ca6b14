/**
 * One value of a configuration file and where it stands, whatever format the file has. jsonc-parser's nodes are such
 * nodes.
 */
export interface ConfigNode {
  readonly type: 'object' | 'array' | 'property' | 'string' | 'number' | 'boolean' | 'null';
  readonly value?: unknown;
  /** Where it begins in the text. */
  readonly offset: number;
  /** The items of an array, the properties of an object, or the key and the value of a property. */
  readonly children?: readonly ConfigNode[] | undefined;
  /**
   * The text is the value of an environment variable. What it is for goes without it if it is not set; `expected`:
   * with a warning.
   */
  readonly fromEnvironment?: 'expected' | 'optional';
}

/** One member of an object as it is written. */
export interface Member {
  readonly name: string;
  readonly key: ConfigNode;
  readonly value: ConfigNode;
  /** Whether the object has a member of this name already. */
  readonly isRepeated: boolean;
}

/** The members of an object in the order they are written, repeated ones too. */
export function membersOf(object: ConfigNode): Member[] {
  if (object.type !== 'object') return [];
  const seen = new Set<string>();
  return (object.children ?? []).flatMap(({ children: [key, value] = [] }) => {
    if (key === undefined || value === undefined) return [];
    const name = String(key.value);
    const isRepeated = seen.has(name);
    seen.add(name);
    return [{ name, key, value, isRepeated }];
  });
}

/** The first member of that name; undefined where there is none, or `object` is no object. */
export function memberOf(object: ConfigNode | undefined, name: string): ConfigNode | undefined {
  return object === undefined ? undefined : membersOf(object).find((member) => member.name === name)?.value;
}

/** The items of an array; none for anything else. */
export function itemsOf(node: ConfigNode | undefined): readonly ConfigNode[] {
  return node?.type === 'array' ? (node.children ?? []) : [];
}

/** The text of a string; undefined for anything else. */
export function textOf(node: ConfigNode | undefined): string | undefined {
  return typeof node?.value === 'string' ? node.value : undefined;
}

/** What `node` says, as plain data. `__proto__` becomes a member like any other. */
export function plainValue(node: ConfigNode): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plainValue);
  if (node.type === 'object')
    return Object.fromEntries(membersOf(node).map(({ name, value }) => [name, plainValue(value)]));
  return node.value;
}

/** A text that is taken to stand at `offset`. */
export function textNode(value: string, offset: number): ConfigNode {
  return { type: 'string', value, offset };
}

/** An array of nodes that keep their own places. */
export function arrayNode(children: readonly ConfigNode[], offset: number): ConfigNode {
  return { type: 'array', children, offset };
}

/** An object of nodes that keep their own places. */
export function objectNode(entries: Iterable<readonly [string, ConfigNode]>, offset: number): ConfigNode {
  const children = [...entries].map(([name, value]) => propertyNode(textNode(name, value.offset), value));
  return { type: 'object', children, offset };
}

/** A member of an object. */
export function propertyNode(key: ConfigNode, value: ConfigNode): ConfigNode {
  return { type: 'property', children: [key, value], offset: key.offset };
}

/** The value of the environment variable `name`, which a file asks for without a text of its own. */
export function environmentNode(
  name: string,
  offset: number,
  fromEnvironment: 'expected' | 'optional' = 'expected',
): ConfigNode {
  return { type: 'string', value: `\${${name}}`, offset, fromEnvironment };
}

/** Plain data as a node, all of which is taken to stand at `offset`. */
export function nodeOf(value: unknown, offset: number): ConfigNode {
  if (Array.isArray(value))
    return arrayNode(
      value.map((item) => nodeOf(item, offset)),
      offset,
    );
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, member]) => [name, nodeOf(member, offset)] as const);
    return objectNode(entries, offset);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return { type: kindOf(value), value, offset };
  return value === null || value === undefined
    ? { type: 'null', value: null, offset }
    : textNode(String(value), offset);
}

function kindOf(value: number | boolean): 'number' | 'boolean' {
  return typeof value === 'number' ? 'number' : 'boolean';
}
