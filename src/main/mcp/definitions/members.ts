import { isObject, type JsonObject } from '../json-rpc.ts';
import type { DropReason, Repair } from './definition.ts';
import type { WireRevision } from './wire-revision.ts';

/** A check returns this value to leave a member out of the view. */
export const ABSENT: unique symbol = Symbol('absent');

/** A check returns this value to leave the whole definition out. */
export const UNFIT: unique symbol = Symbol('unfit');

const NO_REPAIRS: readonly Repair[] = [];

/**
 * The state while one definition is checked for one revision. `fault` is the fault that causes the definition to be
 * left out. If it is not left out, `fault` is the first fault.
 */
export class Exam {
  readonly revision: WireRevision;
  /** Name or URI of the definition in the connector's list. */
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

  /** Records a repair, and returns the repaired value `made`. */
  repair<T>(repair: Repair, fault: string, made: T): T {
    this.#repairs ??= new Set();
    this.#repairs.add(repair);
    this.fault ??= fault;
    return made;
  }

  /** Records why the definition must be left out. Returns {@link UNFIT}. */
  unfit(reason: DropReason, fault: string): typeof UNFIT {
    this.reason = reason;
    this.fault = fault;
    return UNFIT;
  }
}

/**
 * Checks one member of a definition. `value` is undefined if the member is absent. Returns the same value if it is
 * valid. Otherwise returns a replacement, {@link ABSENT} or {@link UNFIT}. Messages refer to the member as `path`.
 */
export type Mend = (value: unknown, exam: Exam, path: string) => unknown;

/** A member that is checked, with its check. */
export interface Member {
  readonly name: string;
  readonly mend: Mend;
  /** A fast test that returns true if `mend` would return the value unchanged; null if there is no such test. */
  readonly isValid: ((value: unknown) => boolean) | null;
  /** Whether `mend` is called even if the member is absent. */
  readonly isRequired: boolean;
}

/** The members of an object that are checked. All other members are passed on unchanged. */
export type Members = readonly Member[];

/**
 * Creates the check for an optional member that is only a description or a hint. The member is left out if `isValid`
 * rejects its value.
 */
export function hinted(name: string, isValid: (value: unknown) => boolean, wanted: string): Member {
  return { name, isValid, isRequired: false, mend: hint(isValid, wanted) };
}

/** Creates the check for an optional member. `mend` is called only if the member is present. */
export function checked(name: string, mend: Mend): Member {
  return { name, mend, isValid: null, isRequired: false };
}

/** Creates the check for a required member. `mend` is called even if the member is absent. */
export function required(name: string, mend: Mend): Member {
  return { name, mend, isValid: null, isRequired: true };
}

/**
 * Checks the members of an object. Returns the same object if all members are valid, otherwise a copy or {@link UNFIT}.
 */
export function mendMembers(object: JsonObject, members: Members, exam: Exam, path = ''): JsonObject | typeof UNFIT {
  let changes: Map<string, unknown> | null = null;
  for (const { name, mend, isValid, isRequired } of members) {
    const before = object[name];
    // Fast path for nearly all members. The code below creates strings, which is slower.
    if (before === undefined ? !isRequired : isValid?.(before) === true) continue;
    const after = mend(before, exam, path === '' ? name : `${path}.${name}`);
    if (after === before) continue;
    if (after === UNFIT) return UNFIT;
    changes ??= new Map();
    changes.set(name, after);
  }
  return changes === null ? object : withChanges(object, changes);
}

/** Copies an object with some of its members changed. A member named `__proto__` is copied as an ordinary member. */
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

/**
 * Creates the check for an optional object that is only a description or a hint. `members` contains the checks for the
 * object's members.
 */
export function objectHint(members: Members): Mend {
  const isHint = hint(isObject, 'an object');
  return (value, exam, path) => (isObject(value) ? mendMembers(value, members, exam, path) : isHint(value, exam, path));
}

/**
 * Creates the check for an optional list that is only a description or a hint. Items that `mend` rejects are left out,
 * and all other items stay.
 */
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

/** Whether a value is an empty list. Servers in PHP may write an empty object as an empty list. */
export function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
