/**
 * A value of a configuration file with its position, whatever the format of the file. The nodes of jsonc-parser have
 * this shape.
 */
export interface ConfigNode {
  readonly type: 'object' | 'array' | 'property' | 'string' | 'number' | 'boolean' | 'null';
  readonly value?: unknown;
  /** Offset of the value's first character in the text. */
  readonly offset: number;
  /** Items of an array, properties of an object, or key and value of a property. */
  readonly children?: readonly ConfigNode[] | undefined;
  /**
   * Set if the text is the value of an environment variable. If that variable is not set, the text is left out, with a
   * warning if it is `expected` and silently if it is `optional`.
   */
  readonly fromEnvironment?: 'expected' | 'optional';
}

/** One member of an object as it is written. */
export interface Member {
  readonly name: string;
  readonly key: ConfigNode;
  readonly value: ConfigNode;
  /** Whether an earlier member of the object has the same name. */
  readonly isRepeated: boolean;
}

/** Returns the members of an object in the order in which they are written, including repeated members. */
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

/** Returns the first member with that name; undefined if there is no such member, or `object` is not an object. */
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

/** Returns the value of `node` as plain data. A member `__proto__` has no special meaning. */
export function plainValue(node: ConfigNode): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plainValue);
  if (node.type === 'object')
    return Object.fromEntries(membersOf(node).map(({ name, value }) => [name, plainValue(value)]));
  return node.value;
}

/** Creates a string node whose position is `offset`. */
export function textNode(value: string, offset: number): ConfigNode {
  return { type: 'string', value, offset };
}

/** Creates an array of nodes that keep their own positions. */
export function arrayNode(children: readonly ConfigNode[], offset: number): ConfigNode {
  return { type: 'array', children, offset };
}

/** Creates an object of nodes that keep their own positions. */
export function objectNode(entries: Iterable<readonly [string, ConfigNode]>, offset: number): ConfigNode {
  const children = [...entries].map(([name, value]) => propertyNode(textNode(name, value.offset), value));
  return { type: 'object', children, offset };
}

/** Creates a member of an object. */
export function propertyNode(key: ConfigNode, value: ConfigNode): ConfigNode {
  return { type: 'property', children: [key, value], offset: key.offset };
}

/**
 * Creates a node with the value of the environment variable `name`, for files that name the variable without `${…}`.
 */
export function environmentNode(
  name: string,
  offset: number,
  fromEnvironment: 'expected' | 'optional' = 'expected',
): ConfigNode {
  return { type: 'string', value: `\${${name}}`, offset, fromEnvironment };
}

/** Converts plain data to a node. The position of every value in it is `offset`. */
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
