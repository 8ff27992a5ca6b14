import { isObject, type JsonObject } from '../json-rpc.ts';
import type { DropReason, Repair } from './definition.ts';
import type { WireRevision } from './wire-revision.ts';

/** What a mender returns to have a member left out of the view. */
export const ABSENT: unique symbol = Symbol('absent');

/** What a mender returns to have the whole definition left out. */
export const UNFIT: unique symbol = Symbol('unfit');

const NO_REPAIRS: readonly Repair[] = [];

/** One check of one definition for one revision. It remembers the first fault, or the one that leaves it out. */
export class Exam {
  readonly revision: WireRevision;
  /** The connector's name or URI of the definition. */
  readonly name: string;
  fault: string | null = null;
  reason: DropReason | null = null;
  #repairs: Set<Repair> | null = null;

  constructor(revision: WireRevision, name: string) {
    this.revision = revision;
    this.name = name;
  }

  get repairs(): readonly Repair[] {
    return this.#repairs === null ? NO_REPAIRS : [...this.#repairs];
  }

  get isModern(): boolean {
    return this.revision === '2026-07-28';
  }

  /** Notes a repair and returns what it makes of the member. */
  repair<T>(repair: Repair, fault: string, made: T): T {
    this.#repairs ??= new Set();
    this.#repairs.add(repair);
    this.fault ??= fault;
    return made;
  }

  /** Notes that nothing can be done. */
  unfit(reason: DropReason, fault: string): typeof UNFIT {
    this.reason = reason;
    this.fault = fault;
    return UNFIT;
  }
}

/**
 * Checks one member of a definition, which is undefined where it is absent. Returns the same value where it is valid,
 * another one in its place, {@link ABSENT} or {@link UNFIT}. `path` names the member for people.
 */
export type Mend = (value: unknown, exam: Exam, path: string) => unknown;

/** One member of an object. */
export interface Member {
  readonly name: string;
  readonly mend: Mend;
  /** Whether `mend` would leave a value as it is; null if only `mend` can tell. */
  readonly isValid: ((value: unknown) => boolean) | null;
  /** Whether `mend` is asked where the member is absent. */
  readonly isRequired: boolean;
}

/** The members of an object that are checked; all others pass as they are. */
export type Members = readonly Member[];

/** An optional member that only describes: left out where it is null, or `isValid` refuses it. */
export function hinted(name: string, isValid: (value: unknown) => boolean, wanted: string): Member {
  return { name, isValid, isRequired: false, mend: hint(isValid, wanted) };
}

/** A member that `mend` checks, where it is there. */
export function checked(name: string, mend: Mend): Member {
  return { name, mend, isValid: null, isRequired: false };
}

/** A member that `mend` checks, also where it is absent. */
export function required(name: string, mend: Mend): Member {
  return { name, mend, isValid: null, isRequired: true };
}

/** Checks the members of an object. Returns the same object where all are valid, a copy, or {@link UNFIT}. */
export function mendMembers(object: JsonObject, members: Members, exam: Exam, path = ''): JsonObject | typeof UNFIT {
  let changes: Map<string, unknown> | null = null;
  for (const { name, mend, isValid, isRequired } of members) {
    const before = object[name];
    // Nearly always so; what follows makes texts.
    if (before === undefined ? !isRequired : isValid?.(before) === true) continue;
    const after = mend(before, exam, path === '' ? name : `${path}.${name}`);
    if (after === before) continue;
    if (after === UNFIT) return UNFIT;
    changes ??= new Map();
    changes.set(name, after);
  }
  return changes === null ? object : withChanges(object, changes);
}

/** Copies an object with some of its members changed. `__proto__` stays a member like any other. */
function withChanges(object: JsonObject, changes: ReadonlyMap<string, unknown>): JsonObject {
  const added = [...changes].filter(([name]) => !Object.hasOwn(object, name));
  const members = [...Object.entries(object), ...added].map(([name, value]): [string, unknown] => [
    name,
    changes.has(name) ? changes.get(name) : value,
  ]);
  return Object.fromEntries(members.filter(([, value]) => value !== ABSENT));
}

function hint(isValid: (value: unknown) => boolean, wanted: string): Mend {
  return (value, exam, path) => {
    if (value === undefined || isValid(value)) return value;
    return exam.repair(value === null ? 'null-absent' : 'hint-absent', `${path} is not ${wanted}`, ABSENT);
  };
}

/** An optional object that only describes, each of its members optional too. */
export function objectHint(members: Members): Mend {
  const isHint = hint(isObject, 'an object');
  return (value, exam, path) => (isObject(value) ? mendMembers(value, members, exam, path) : isHint(value, exam, path));
}

/** An optional list that only describes; an item that `mend` refuses is left out alone. */
export function listHint(mend: Mend): Mend {
  const isHint = hint(Array.isArray, 'a list');
  return (value, exam, path) => {
    if (!Array.isArray(value)) return isHint(value, exam, path);
    const items = (value as unknown[]).map((item, index) => mend(item, exam, `${path}[${index}]`));
    return items.every((item, index) => item === value[index]) ? value : items.filter((item) => item !== ABSENT);
  };
}

const isString = (value: unknown): boolean => typeof value === 'string';
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';

export const stringHint = (name: string): Member => hinted(name, isString, 'a string');
export const booleanHint = (name: string): Member => hinted(name, isBoolean, 'a boolean');

/** Whether a value is a list of strings. */
export function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every(isString);
}

/** Whether a value is an empty list: PHP writes an empty object so. */
export function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
