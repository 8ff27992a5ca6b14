import { nearestName } from '../../../shared/nearest-name.ts';
import { Fault, placeOf } from '../../../shared/validation/fault.ts';
import { hasMask, MASK } from '../../masking/secret-mask.ts';
import { type ConfigProblems, keyPlace } from '../config-problem.ts';
import { type ConfigNode, itemsOf, type Member, membersOf, plainValue } from '../document/config-node.ts';
import { type DraftMember, type EntryDraft, TWICE } from './entry-draft.ts';
import { hasEffect, isKnownMember, MEANINGFUL_MEMBERS, OWN_MEMBERS } from './known-members.ts';
import { remarkOnText, type TextUse } from './text-remarks.ts';
import { type Expansion, expandPath, expandVariables, type VariableScope } from './variables.ts';

type Check = (text: string) => string | null;

/** How to read and check one string of an entry. */
interface Reading {
  readonly expand: typeof expandVariables;
  readonly check: Check;
  /** What the string is used for. If null, there are no warnings about placeholders that stay unchanged. */
  readonly use: TextUse | null;
}

/**
 * Reads the members of one entry after they were renamed to the names that this package uses. An invalid member is
 * reported as a problem and treated as absent.
 */
export class EntryReader {
  readonly #draft: EntryDraft;
  readonly #problems: ConfigProblems;
  readonly #scope: VariableScope;

  constructor(draft: EntryDraft, scope: VariableScope) {
    this.#draft = draft;
    this.#problems = draft.problems;
    this.#scope = scope;
    for (const [name, { place, key }] of draft.members) {
      if (!isKnownMember(name)) this.#problems.warning(place, key, unknown(name));
    }
  }

  has(name: string): boolean {
    return this.#draft.says(name);
  }

  /** Reports an error at a member of the entry. */
  refuse(name: string, why: string): void {
    const member = this.#draft.members.get(name);
    if (member !== undefined) this.#problems.error(member.place, member.value, why);
  }

  /** Reports an error at a place within a member. */
  wrong(place: string, node: ConfigNode, why: string): void {
    this.#problems.error(place, node, why);
  }

  /**
   * Warns that a part of the entry has no effect, or not the effect that its author expects. The server is still used.
   */
  remark(place: string, node: ConfigNode, why: string): void {
    this.#problems.warning(place, node, why);
  }

  flag(name: string): boolean | null {
    const value = this.#draft.member(name)?.value;
    if (typeof value === 'boolean') return value;
    this.refuse(name, 'must be true or false');
    return null;
  }

  /** Returns the string in a member, without replacing variables in the string. */
  plain(name: string): string | null {
    const value = this.#draft.member(name)?.value;
    if (typeof value === 'string') return value;
    this.refuse(name, 'must be a string');
    return null;
  }

  text(name: string, check: Check): string | null {
    return this.#single(name, { expand: expandVariables, check, use: 'value' });
  }

  /** Reads the string at a place within a member, and replaces the variables in the string. */
  textAt(place: string, node: ConfigNode, check: Check): string | null {
    return this.#expanded(node, place, { expand: expandVariables, check, use: 'value' });
  }

  path(name: string, check: Check): string | null {
    return this.#single(name, { expand: expandPath, check, use: null });
  }

  /**
   * Reads a list of strings, each of which may be a path. If `use` is null, there are no warnings about placeholders
   * that stay unchanged.
   */
  list(name: string, check: Check, use: TextUse | null): readonly string[] {
    const member = this.#member(name);
    if (member === undefined) return [];
    if (member.value.type !== 'array') this.refuse(name, 'must be an array of strings');
    return itemsOf(member.value).flatMap((item, index) => {
      const place = `${member.place}[${index + member.firstIndex}]`;
      return this.#expanded(item, place, { expand: expandPath, check, use }) ?? [];
    });
  }

  /**
   * Reads an object whose values are strings. Numbers and booleans are converted to strings, and members that are null
   * are left out.
   */
  table(name: string, checkKey: Check, check: Check): Readonly<Record<string, string>> {
    const member = this.#member(name);
    if (member === undefined) return {};
    if (member.value.type !== 'object') {
      this.refuse(name, 'must be an object whose values are all strings');
      return {};
    }
    const rows = membersOf(member.value);
    for (const { name: key, key: node, isRepeated } of rows) {
      if (isRepeated) this.#problems.error(keyPlace(member.place, key), node, TWICE);
    }
    return Object.fromEntries(rows.flatMap((row) => this.#row(member.place, row, checkKey, check)));
  }

  /**
   * Reads the members that have the same meaning as in a service map, such as `quotas`, and checks them in the same
   * way.
   */
  own(): Readonly<Record<string, unknown>> {
    const own = Object.entries(OWN_MEMBERS).flatMap(([name, check]) => {
      const member = this.#member(name);
      if (member === undefined) return [];
      const value = plainValue(member.value);
      // In other clients' files, `auth` has another meaning: a boolean in Copilot, and a word in Codex and mcporter.
      if (name === 'auth' && !isOurAuth(value)) return [];
      const checked = check(value);
      if (!(checked instanceof Fault)) return [[name, value] as const];
      this.refuse(name, `is invalid: ${placeOf(checked.path) || 'it'} ${checked.message}`);
      return [];
    });
    return Object.fromEntries(own);
  }

  /** Returns the members that have no effect in this package, with their values from the file. */
  rest(): Readonly<Record<string, unknown>> {
    const without = [...this.#draft.members].filter(([name]) => !hasEffect(name));
    return Object.fromEntries(without.map(([name, { value }]) => [name, plainValue(value)]));
  }

  /** Returns a member; undefined if it is absent or null. */
  #member(name: string): DraftMember | undefined {
    return this.#draft.says(name) ? this.#draft.members.get(name) : undefined;
  }

  #single(name: string, reading: Reading): string | null {
    const member = this.#member(name);
    return member === undefined ? null : this.#expanded(member.value, member.place, reading);
  }

  #row(base: string, { name, key, value }: Member, checkKey: Check, check: Check): (readonly [string, string])[] {
    const place = keyPlace(base, name);
    const wrongKey = checkKey(name);
    if (wrongKey !== null) this.#problems.error(place, key, wrongKey);
    if (wrongKey !== null || value.type === 'null') return [];
    if (value.type === 'number' || value.type === 'boolean') return [[name, String(value.value)]];
    if (value.fromEnvironment !== undefined && this.#isUnset(value)) {
      const why = `comes from the variable ${nameOfVariable(value)}, which is not set, so it is left out`;
      if (value.fromEnvironment === 'expected') this.#problems.warning(place, value, why);
      return [];
    }
    const text = this.#expanded(value, place, { expand: expandVariables, check, use: 'value' });
    return text === null ? [] : [[name, text]];
  }

  #isUnset(node: ConfigNode): boolean {
    return this.#scope.env !== null && expandVariables(String(node.value), this.#scope).kind === 'impossible';
  }

  #expanded(node: ConfigNode, place: string, { expand, check, use }: Reading): string | null {
    const written = node.value;
    if (typeof written !== 'string') {
      const why = node.type === 'number' ? 'must be a string; put it in quotes' : 'must be a string';
      this.#problems.error(place, node, why);
      return null;
    }
    const expansion = expand(written, this.#scope);
    const why = hasMask(written) ? MASKED : faultOf(expansion, check);
    if (why !== null) this.#problems.error(place, node, why);
    if (expansion.kind === 'impossible' || why !== null) return null;
    const remark = use === null ? null : remarkOnText(written, use);
    if (remark !== null) this.#problems.warning(place, node, remark);
    return expansion.text;
  }
}

const MASKED = `contains ${MASK}, the placeholder for a masked secret; put the secret itself there`;

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

function nameOfVariable({ value }: ConfigNode): string {
  return String(value).replace(/^\$\{|\}$/g, '');
}

function unknown(name: string): string {
  const nearest = nearestName(name, MEANINGFUL_MEMBERS);
  return nearest === null
    ? 'is unknown and has no effect'
    : `is unknown and has no effect; the nearest known name is ${nearest}`;
}
