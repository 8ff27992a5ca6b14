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

/** A server of a file before its entry is read. */
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

/** A member of an entry, under the name that this package uses for it. */
export interface DraftMember {
  /** Place of the member, with the name that the file uses. */
  readonly place: string;
  readonly key: ConfigNode;
  readonly value: ConfigNode;
  /** Index of the member's first item in the array of the file. 0 unless the array was split in two. */
  readonly firstIndex: number;
}

/**
 * A server entry while it is translated from the terms of a client to the terms of this package. A shape renames and
 * rewrites its members. Each member keeps its position and its name in the file, so that problems refer to what the
 * author wrote.
 */
export class EntryDraft {
  readonly name: string;
  readonly place: string;
  readonly key: ConfigNode;
  readonly node: ConfigNode;
  readonly problems: ConfigProblems;
  readonly #members = new Map<string, DraftMember>();
  #isLeftOut = false;

  /** Reads the members of a server. Its value must be an object. A repeated member is an error. */
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

  /** Whether a shape decided that the server cannot be used here. */
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

  /** Returns the text of a member; undefined if it is absent or not a string. */
  text(name: string): string | undefined {
    return textOf(this.member(name));
  }

  /** Returns the value of a member as plain data. */
  plain(name: string): unknown {
    const node = this.member(name);
    return node === undefined ? undefined : plainValue(node);
  }

  /** Returns the place of a member, with the name that the file uses. */
  at(name: string): string {
    return this.#members.get(name)?.place ?? memberPlace(this.place, name);
  }

  drop(...names: readonly string[]): void {
    for (const name of names) this.#members.delete(name);
  }

  /** Renames a member. If the entry already has a member `to`, that member stays and `from` is dropped. */
  rename(from: string, to: string): void {
    const member = this.#members.get(from);
    if (member === undefined) return;
    this.#members.delete(from);
    if (!this.says(to)) this.#members.set(to, member);
  }

  /** Sets member `name` to a value that is derived from member `from`, or from the entry itself. */
  set(name: string, value: unknown, from?: string): void {
    const origin = from === undefined ? undefined : this.#members.get(from);
    this.setNode(name, nodeOf(value, origin?.value.offset ?? this.node.offset), from);
  }

  /** Like `set`, but for a value whose parts have their own positions. */
  setNode(name: string, value: ConfigNode, from?: string, firstIndex = 0): void {
    const origin = this.#members.get(from ?? name);
    const place = origin?.place ?? memberPlace(this.place, from ?? name);
    this.#members.set(name, { place, key: origin?.key ?? value, value, firstIndex });
  }

  /** Moves the members of an object into the entry. The entry's own members take precedence. */
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
   * Adds an item to member `table`, an object of strings, unless it has an item of that name. The new item is derived
   * from member `from`.
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

  /** Rewrites every string of the named members, except keys. */
  rewriteTexts(names: readonly string[], rewrite: (text: string) => string): void {
    for (const name of names) {
      const member = this.#members.get(name);
      if (member !== undefined) this.#members.set(name, { ...member, value: rewritten(member.value, rewrite) });
    }
  }

  /** Warns about something that will not work. The server is still used. */
  warn(name: string, why: string): void {
    this.problems.warning(this.at(name), this.member(name) ?? this.key, why);
  }

  /** Reports an error at a member of the entry, or at the entry as a whole. */
  refuse(name: string | null, why: string): void {
    if (name === null) this.problems.error(this.place, this.node, why);
    else this.problems.error(this.at(name), this.member(name) ?? this.key, why);
  }

  /** Leaves the server out without a warning, because no user expects it to work here. */
  passOver(): void {
    this.#isLeftOut = true;
  }

  /** Leaves the server out with one warning, because it needs something that does not exist here. */
  leaveOut(why: string, name?: string): void {
    if (this.#isLeftOut) return;
    this.#isLeftOut = true;
    this.problems.leftOut(name === undefined ? this.place : this.at(name), this.member(name ?? '') ?? this.key, why);
  }
}

/** Reason why a repeated member is an error. */
export const TWICE = 'is defined twice; readers disagree on which of the two counts';

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
