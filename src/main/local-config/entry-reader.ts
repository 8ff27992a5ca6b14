import type { Node } from 'jsonc-parser';
import { hasMask, MASK } from '../masking/secret-mask.ts';
import { type Member, membersOf, plainValue } from './config-document.ts';
import { type ConfigProblems, keyPlace, memberPlace } from './config-problem.ts';
import { hasEffect, isKnownMember, KNOWN_MEMBERS, OWN_MEMBERS } from './known-members.ts';
import { nearestName } from './nearest-name.ts';
import { type Expansion, expandPath, expandVariables, type VariableScope } from './variables.ts';

type Check = (text: string) => string | null;

/** Reads the members of one entry. What is wrong becomes a problem, and reads as absent. */
export class EntryReader {
  readonly #place: string;
  readonly #members: ReadonlyMap<string, Node>;
  readonly #problems: ConfigProblems;
  readonly #scope: VariableScope;

  constructor(node: Node, place: string, problems: ConfigProblems, scope: VariableScope) {
    this.#place = place;
    this.#problems = problems;
    this.#scope = scope;
    const members = membersOf(node);
    this.#refuseRepeated(members, (name) => this.at(name));
    this.#members = new Map(members.map(({ name, value }) => [name, value]));
    for (const { name, key } of members) {
      if (!isKnownMember(name)) problems.warning(this.at(name), key, unknown(name));
    }
  }

  at(name: string): string {
    return memberPlace(this.#place, name);
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** Marks the entry as wrong at one of its members. */
  refuse(name: string, why: string): void {
    const node = this.#members.get(name);
    if (node !== undefined) this.#problems.error(this.at(name), node, why);
  }

  flag(name: string): boolean | null {
    const value = this.#members.get(name)?.value;
    if (typeof value === 'boolean') return value;
    this.refuse(name, 'must be true or false');
    return null;
  }

  /** A text as it is written. */
  plain(name: string): string | null {
    const value = this.#members.get(name)?.value;
    if (typeof value === 'string') return value;
    this.refuse(name, 'must be a string');
    return null;
  }

  text(name: string, check: Check): string | null {
    const node = this.#members.get(name);
    return node === undefined ? null : this.#expanded(node, this.at(name), expandVariables, check);
  }

  path(name: string, check: Check): string | null {
    const node = this.#members.get(name);
    return node === undefined ? null : this.#expanded(node, this.at(name), expandPath, check);
  }

  /** A list of texts, any of which may be a path. */
  list(name: string, check: Check): readonly string[] {
    const node = this.#members.get(name);
    if (node === undefined) return [];
    if (node.type !== 'array') this.refuse(name, 'must be an array of strings');
    const items = node.type === 'array' ? (node.children ?? []) : [];
    return items.flatMap((item, index) => this.#expanded(item, `${this.at(name)}[${index}]`, expandPath, check) ?? []);
  }

  /** An object of texts; numbers and booleans are taken as such, and null as absent. */
  table(name: string, checkKey: Check, check: Check): Readonly<Record<string, string>> {
    const node = this.#members.get(name);
    if (node === undefined) return {};
    if (node.type !== 'object') {
      this.refuse(name, 'must be an object of strings');
      return {};
    }
    const members = membersOf(node);
    this.#refuseRepeated(members, (key) => keyPlace(this.at(name), key));
    return Object.fromEntries(members.flatMap((member) => this.#row(this.at(name), member, checkKey, check)));
  }

  /** The members that we add to those of the clients, checked as in a service map. */
  own(): Readonly<Record<string, unknown>> {
    const own = Object.entries(OWN_MEMBERS).flatMap(([name, schema]) => {
      const node = this.#members.get(name);
      if (node === undefined) return [];
      const value = plainValue(node);
      // Cursor keeps the OAuth client there, Copilot a boolean.
      if (name === 'auth' && !isOurAuth(value)) return [];
      const result = schema.safeParse(value);
      if (result.success) return [[name, value] as const];
      this.refuse(name, `is wrong: ${result.error.issues[0]?.message ?? 'invalid'}`);
      return [];
    });
    return Object.fromEntries(own);
  }

  /** What has no effect here, as it is written. */
  rest(): Readonly<Record<string, unknown>> {
    const without = [...this.#members].filter(([name]) => !hasEffect(name));
    return Object.fromEntries(without.map(([name, node]) => [name, plainValue(node)]));
  }

  #row(base: string, { name, key, value }: Member, checkKey: Check, check: Check): (readonly [string, string])[] {
    const place = keyPlace(base, name);
    const wrongKey = checkKey(name);
    if (wrongKey !== null) this.#problems.error(place, key, wrongKey);
    if (wrongKey !== null || value.type === 'null') return [];
    if (value.type === 'number' || value.type === 'boolean') return [[name, String(value.value)]];
    const text = this.#expanded(value, place, expandVariables, check);
    return text === null ? [] : [[name, text]];
  }

  #expanded(node: Node, place: string, expand: typeof expandVariables, check: Check): string | null {
    const written: unknown = node.value;
    if (typeof written !== 'string') {
      this.#problems.error(
        place,
        node,
        node.type === 'number' ? 'must be a string; put it in quotes' : 'must be a string',
      );
      return null;
    }
    const expansion = expand(written, this.#scope);
    const why = hasMask(written) ? MASKED : faultOf(expansion, check);
    if (why !== null) this.#problems.error(place, node, why);
    return expansion.kind === 'impossible' || why !== null ? null : expansion.text;
  }

  #refuseRepeated(members: readonly Member[], at: (name: string) => string): void {
    for (const { name, key, isRepeated } of members) {
      if (isRepeated)
        this.#problems.error(at(name), key, 'is there twice; readers disagree on which of the two counts');
    }
  }
}

const MASKED = `holds ${MASK}, which stands for a secret that was not shown; put the secret itself there`;

function faultOf(expansion: Expansion, check: Check): string | null {
  switch (expansion.kind) {
    case 'text':
      return check(expansion.text);
    case 'open':
      return null;
    case 'impossible':
      return expansion.why;
  }
}

function isOurAuth(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'type');
}

function unknown(name: string): string {
  const nearest = nearestName(name, KNOWN_MEMBERS);
  return nearest === null ? 'is not known and has no effect' : `is not known and has no effect; ${nearest} is`;
}
