/**
 * A value of a configuration file with its position. All file formats are parsed into such nodes, which have the shape
 * of the nodes of jsonc-parser.
 */
export interface ConfigNode {
  readonly type: 'object' | 'array' | 'property' | 'string' | 'number' | 'boolean' | 'null';
  readonly value?: unknown;
  /** Offset of the value's first character in the text. */
  readonly offset: number;
  /** The items of an array, the properties of an object, or the key and value of a property. */
  readonly children?: readonly ConfigNode[] | undefined;
  /**
   * Set if `value` stands for an environment variable. If that variable is not set, the member with this value is left
   * out. `expected` adds a warning about this, `optional` does not.
   */
  readonly fromEnvironment?: 'expected' | 'optional';
}

/** One member of an object in a configuration file. */
export interface Member {
  readonly name: string;
  readonly key: ConfigNode;
  readonly value: ConfigNode;
  /** Whether an earlier member of the object has the same name. */
  readonly isRepeated: boolean;
}

/**
 * Returns the members of an object in the order of the file, including repeated members. Other nodes have no members.
 */
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

/**
 * Returns the value of the first member with this name. Undefined if there is no such member, or if `object` is not an
 * object.
 */
export function memberOf(object: ConfigNode | undefined, name: string): ConfigNode | undefined {
  return object === undefined ? undefined : membersOf(object).find((member) => member.name === name)?.value;
}

/** Returns the items of an array, or an empty list for any other node. */
export function itemsOf(node: ConfigNode | undefined): readonly ConfigNode[] {
  return node?.type === 'array' ? (node.children ?? []) : [];
}

/** Returns the value of a string node; undefined for any other node. */
export function textOf(node: ConfigNode | undefined): string | undefined {
  return typeof node?.value === 'string' ? node.value : undefined;
}

/** Returns the value of `node` as plain data. A member named `__proto__` is kept as an ordinary member. */
export function plainValue(node: ConfigNode): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plainValue);
  if (node.type === 'object')
    return Object.fromEntries(membersOf(node).map(({ name, value }) => [name, plainValue(value)]));
  return node.value;
}

/** Creates a string node at `offset`. */
export function textNode(value: string, offset: number): ConfigNode {
  return { type: 'string', value, offset };
}

/** Creates an array node at `offset`. The items keep their own positions. */
export function arrayNode(children: readonly ConfigNode[], offset: number): ConfigNode {
  return { type: 'array', children, offset };
}

/** Creates an object node at `offset`. The members keep their own positions. */
export function objectNode(entries: Iterable<readonly [string, ConfigNode]>, offset: number): ConfigNode {
  const children = [...entries].map(([name, value]) => propertyNode(textNode(name, value.offset), value));
  return { type: 'object', children, offset };
}

/** Creates a property node, for one member of an object. */
export function propertyNode(key: ConfigNode, value: ConfigNode): ConfigNode {
  return { type: 'property', children: [key, value], offset: key.offset };
}

/**
 * Creates a node for the value of the environment variable `name`. For files that contain the name of the variable
 * without `${…}`.
 */
export function environmentNode(
  name: string,
  offset: number,
  fromEnvironment: 'expected' | 'optional' = 'expected',
): ConfigNode {
  return { type: 'string', value: `\${${name}}`, offset, fromEnvironment };
}

/** Converts plain data to a node. The node and all nodes within it have the position `offset`. */
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
