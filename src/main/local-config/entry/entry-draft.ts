import { type ConfigProblems, memberPlace } from '../config-problem.ts';
import {
  arrayNode,
  type ConfigNode,
  itemsOf,
  membersOf,
  nodeOf,
  objectNode,
  plainValue,
  textNode,
  textOf,
} from '../document/config-node.ts';

/** A server as a configuration file defines it, before it is translated to an entry. */
export interface ServerNode {
  readonly name: string;
  /** Place of the server, such as `mcpServers["x"]`. */
  readonly place: string;
  /** Node of the server's name. */
  readonly key: ConfigNode;
  readonly value: ConfigNode;
  /** Whether an earlier server of the file has the same name. */
  readonly isRepeated: boolean;
}

/** A member of an entry, under the name that this package uses. */
export interface DraftMember {
  /** Place of the member in the file, with the name that the file uses. */
  readonly place: string;
  readonly key: ConfigNode;
  readonly value: ConfigNode;
  /**
   * For an array that is the rest of a longer array in the file: the index of its first item in that longer array.
   * Otherwise 0.
   */
  readonly firstIndex: number;
}

/**
 * A server entry during its translation from the member names of a client to the member names of this package. Each
 * member keeps its position and its original name, so that messages refer to what the author wrote.
 */
export class EntryDraft {
  readonly name: string;
  readonly place: string;
  readonly key: ConfigNode;
  readonly node: ConfigNode;
  readonly problems: ConfigProblems;
  readonly #members = new Map<string, DraftMember>();
  #isLeftOut = false;

  /**
   * Reads the members of a server. The value of the server must be an object. Reports an error for each repeated
   * member.
   */
  constructor({ name, place, key, value }: ServerNode, problems: ConfigProblems) {
    this.name = name;
    this.place = place;
    this.key = key;
    this.node = value;
    this.problems = problems;
    for (const member of membersOf(value)) {
      const at = memberPlace(place, member.name);
      if (member.isRepeated) problems.error(at, member.key, TWICE);
      this.#members.set(member.name, { place: at, key: member.key, value: member.value, firstIndex: 0 });
    }
  }

  /** Whether {@link passOver} or {@link leaveOut} was called for this server. */
  get isLeftOut(): boolean {
    return this.#isLeftOut;
  }

  get members(): ReadonlyMap<string, DraftMember> {
    return this.#members;
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** Whether the member exists and is not null. */
  says(name: string): boolean {
    const member = this.#members.get(name);
    return member !== undefined && member.value.type !== 'null';
  }

  member(name: string): ConfigNode | undefined {
    return this.#members.get(name)?.value;
  }

  /** Returns the string in a member; undefined if the member is absent or not a string. */
  text(name: string): string | undefined {
    return textOf(this.member(name));
  }

  /** Returns the value of a member as plain data. */
  plain(name: string): unknown {
    const node = this.member(name);
    return node === undefined ? undefined : plainValue(node);
  }

  /** Returns the place of a member in the file, with the name that the file uses. */
  at(name: string): string {
    return this.#members.get(name)?.place ?? memberPlace(this.place, name);
  }

  drop(...names: readonly string[]): void {
    for (const name of names) this.#members.delete(name);
  }

  /** Renames the member `from` to `to`. If the entry already has a member `to`, keeps it and drops `from`. */
  rename(from: string, to: string): void {
    const member = this.#members.get(from);
    if (member === undefined) return;
    this.#members.delete(from);
    if (!this.says(to)) this.#members.set(to, member);
  }

  /**
   * Sets member `name` to a value. Messages about the value refer to the member `from` of the file. Without `from`,
   * they refer to the member `name`, at the position of the entry.
   */
  set(name: string, value: unknown, from?: string): void {
    const origin = from === undefined ? undefined : this.#members.get(from);
    this.setNode(name, nodeOf(value, origin?.value.offset ?? this.node.offset), from);
  }

  /** Sets member `name` like {@link set}, but to a node whose parts keep their own positions. */
  setNode(name: string, value: ConfigNode, from?: string, firstIndex = 0): void {
    const origin = this.#members.get(from ?? name);
    const place = origin?.place ?? memberPlace(this.place, from ?? name);
    this.#members.set(name, { place, key: origin?.key ?? value, value, firstIndex });
  }

  /**
   * Moves the members of the object that is the value of `name` into the entry itself. Members that the entry already
   * has take precedence.
   */
  flatten(name: string): void {
    const member = this.#members.get(name);
    if (member === undefined || member.value.type !== 'object') return;
    this.#members.delete(name);
    for (const { name: inner, key, value } of membersOf(member.value)) {
      if (!this.says(inner))
        this.#members.set(inner, { place: memberPlace(member.place, inner), key, value, firstIndex: 0 });
    }
  }

  /**
   * Adds an item to the object in member `table`, unless that object already has an item of this name. If the entry has
   * no such member, creates it, and messages about it refer to member `from`.
   */
  addTo(table: string, name: string, value: ConfigNode, from: string): void {
    const present = this.#members.get(table);
    if (present !== undefined && present.value.type !== 'object' && present.value.type !== 'null') return;
    const members = present === undefined ? [] : membersOf(present.value);
    const isThere = members.some((member) => member.name.toLowerCase() === name.toLowerCase());
    if (isThere) return;
    const entries = [...members.map((member) => [member.name, member.value] as const), [name, value] as const];
    const node = objectNode(entries, present?.value.offset ?? value.offset);
    this.setNode(table, node, present === undefined ? from : table);
  }

  /** Applies `rewrite` to every string within the named members, but not to keys. */
  rewriteTexts(names: readonly string[], rewrite: (text: string) => string): void {
    for (const name of names) {
      const member = this.#members.get(name);
      if (member !== undefined) this.#members.set(name, { ...member, value: rewritten(member.value, rewrite) });
    }
  }

  /** Warns that a member has no effect, or not the effect that its author expects. The server is still used. */
  warn(name: string, why: string): void {
    this.problems.warning(this.at(name), this.member(name) ?? this.key, why);
  }

  /** Reports an error at a member of the entry; with null, at the entry as a whole. */
  refuse(name: string | null, why: string): void {
    if (name === null) this.problems.error(this.place, this.node, why);
    else this.problems.error(this.at(name), this.member(name) ?? this.key, why);
  }

  /** Leaves the server out without a warning, because its author does not expect it to be used here. */
  passOver(): void {
    this.#isLeftOut = true;
  }

  /** Leaves the server out with one warning, because it needs something that this package does not have. */
  leaveOut(why: string, name?: string): void {
    if (this.#isLeftOut) return;
    this.#isLeftOut = true;
    this.problems.leftOut(name === undefined ? this.place : this.at(name), this.member(name ?? '') ?? this.key, why);
  }
}

/** Says why a repeated member is an error. */
export const TWICE = 'is defined twice, and programs differ in which definition they use; remove one of the two';

function rewritten(node: ConfigNode, rewrite: (text: string) => string): ConfigNode {
  if (typeof node.value === 'string' && node.type === 'string') return { ...node, value: rewrite(node.value) };
  if (node.type === 'array') {
    return arrayNode(
      itemsOf(node).map((item) => rewritten(item, rewrite)),
      node.offset,
    );
  }
  if (node.type !== 'object') return node;
  const children = (node.children ?? []).map((property) => {
    const [key = textNode('', property.offset), value = key] = property.children ?? [];
    return { ...property, children: [key, rewritten(value, rewrite)] };
  });
  return { ...node, children };
}
