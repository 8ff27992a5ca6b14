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

/** One server of a file, before anybody has looked into it. */
export interface ServerNode {
  readonly name: string;
  /** `mcpServers["x"]`. */
  readonly place: string;
  /** Where the server's name stands. */
  readonly key: ConfigNode;
  readonly value: ConfigNode;
  /** Whether the file has a server of this name already. */
  readonly isRepeated: boolean;
}

/** A member of an entry under the name that our own reader knows it by. */
export interface DraftMember {
  /** The place under the name that the file has. */
  readonly place: string;
  readonly key: ConfigNode;
  readonly value: ConfigNode;
  /** The index of the first item in the file's own array; 0 unless the array was cut in two. */
  readonly firstIndex: number;
}

/**
 * An entry on its way from a client's words to ours. A shape renames and rewrites members here; each remembers where
 * it stands in the file and what it is called there, so that problems name what people see.
 */
export class EntryDraft {
  readonly name: string;
  readonly place: string;
  readonly key: ConfigNode;
  readonly node: ConfigNode;
  readonly problems: ConfigProblems;
  readonly #members = new Map<string, DraftMember>();
  #isLeftOut = false;

  /** The server's value must be an object. A member that is there twice is an error. */
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

  /** Whether a shape found that the server cannot be used here. */
  get isLeftOut(): boolean {
    return this.#isLeftOut;
  }

  get members(): ReadonlyMap<string, DraftMember> {
    return this.#members;
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** Whether the member is there and is not null. */
  says(name: string): boolean {
    const member = this.#members.get(name);
    return member !== undefined && member.value.type !== 'null';
  }

  member(name: string): ConfigNode | undefined {
    return this.#members.get(name)?.value;
  }

  /** The text of a member; undefined where it has none. */
  text(name: string): string | undefined {
    return textOf(this.member(name));
  }

  /** What a member says, as plain data. */
  plain(name: string): unknown {
    const node = this.member(name);
    return node === undefined ? undefined : plainValue(node);
  }

  /** Where a member stands, as people see it. */
  at(name: string): string {
    return this.#members.get(name)?.place ?? memberPlace(this.place, name);
  }

  drop(...names: readonly string[]): void {
    for (const name of names) this.#members.delete(name);
  }

  /** Gives a member our name. One that has it already stays, and the other is dropped. */
  rename(from: string, to: string): void {
    const member = this.#members.get(from);
    if (member === undefined) return;
    this.#members.delete(from);
    if (!this.says(to)) this.#members.set(to, member);
  }

  /** Sets member `name` to a value that member `from`, or the entry itself, stands for. */
  set(name: string, value: unknown, from?: string): void {
    const origin = from === undefined ? undefined : this.#members.get(from);
    this.setNode(name, nodeOf(value, origin?.value.offset ?? this.node.offset), from);
  }

  /** The same, for a value that has places of its own. */
  setNode(name: string, value: ConfigNode, from?: string, firstIndex = 0): void {
    const origin = this.#members.get(from ?? name);
    const place = origin?.place ?? memberPlace(this.place, from ?? name);
    this.#members.set(name, { place, key: origin?.key ?? value, value, firstIndex });
  }

  /** Takes the members of an object as members of the entry, which wins where it has them itself. */
  flatten(name: string): void {
    const member = this.#members.get(name);
    if (member === undefined || member.value.type !== 'object') return;
    this.#members.delete(name);
    for (const { name: inner, key, value } of membersOf(member.value)) {
      if (!this.says(inner))
        this.#members.set(inner, { place: memberPlace(member.place, inner), key, value, firstIndex: 0 });
    }
  }

  /** Adds to the object of texts called `table` what it has not yet; member `from` says it. */
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

  /** Rewrites every text of the members named, keys aside. */
  rewriteTexts(names: readonly string[], rewrite: (text: string) => string): void {
    for (const name of names) {
      const member = this.#members.get(name);
      if (member !== undefined) this.#members.set(name, { ...member, value: rewritten(member.value, rewrite) });
    }
  }

  /** Says what will not work; the server is used all the same. */
  warn(name: string, why: string): void {
    this.problems.warning(this.at(name), this.member(name) ?? this.key, why);
  }

  /** Marks the entry as wrong at one of its members, or as a whole. */
  refuse(name: string | null, why: string): void {
    if (name === null) this.problems.error(this.place, this.node, why);
    else this.problems.error(this.at(name), this.member(name) ?? this.key, why);
  }

  /** Leaves the server out without a word: nobody expects it. */
  passOver(): void {
    this.#isLeftOut = true;
  }

  /** Leaves the server out with one warning: it needs what there is not here. */
  leaveOut(why: string, name?: string): void {
    if (this.#isLeftOut) return;
    this.#isLeftOut = true;
    this.problems.leftOut(name === undefined ? this.place : this.at(name), this.member(name ?? '') ?? this.key, why);
  }
}

/** Why a member is wrong that is there already. */
export const TWICE = 'is there twice; readers disagree on which of the two counts';

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
