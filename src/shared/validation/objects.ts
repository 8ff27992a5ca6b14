import { allOf, anything, type Check, type Checked, judge, type Rule } from './check.ts';
import { Fault, firstOf, otherKind } from './fault.ts';

/** The check for each member of an object. The checks run in this order. */
export type Shape = Readonly<Record<string, Check<unknown>>>;

type Optional<S extends Shape> = { [N in keyof S]: undefined extends Checked<S[N]> ? N : never }[keyof S];

/** An object with the members of a shape. */
export type Members<S extends Shape> = {
  readonly [N in Exclude<keyof S, Optional<S>>]: Checked<S[N]>;
} & { readonly [N in Optional<S>]?: Checked<S[N]> };

type Values = Record<string, unknown>;

/** Whether a value is an object but not a list. */
function isObject(value: unknown): value is Readonly<Values> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Accepts an object with these members. Other members are left out of the result. */
export function object<S extends Shape>(shape: S, ...rules: readonly Rule<Members<S>>[]): Check<Members<S>> {
  return objectOf(shape, rules, 'left out');
}

/** Accepts an object with these members. Other members are kept unchanged. */
export function looseObject<S extends Shape>(
  shape: S,
  ...rules: readonly Rule<Members<S>>[]
): Check<Members<S> & Readonly<Values>> {
  return objectOf(shape, rules, 'kept');
}

/** Accepts an object with these members and no others. */
export function strictObject<S extends Shape>(shape: S, ...rules: readonly Rule<Members<S>>[]): Check<Members<S>> {
  return objectOf(shape, rules, 'refused');
}

function objectOf<S extends Shape, T extends Members<S>>(
  shape: S,
  rules: readonly Rule<Members<S>>[],
  others: 'left out' | 'kept' | 'refused',
): Check<T> {
  const names = Object.keys(shape);
  const checks = Object.values(shape);
  const isKept = others === 'kept';
  const rule = allOf(rules);
  const mayBeAbsent = checks.map((check) => check(undefined) === undefined);
  return (value) => {
    if (!isObject(value)) return otherKind('an object', value);
    let fault: Fault | null = null;
    let changed: Values | null = isKept ? withoutPrototype(value) : {};
    // Loops by index and skips absent members, because this code must be fast in a new thread before it is compiled.
    for (let index = 0; index < names.length; index += 1) {
      const name = names[index] as string;
      const given = value[name];
      if (given === undefined && mayBeAbsent[index] === true) continue;
      const read = (checks[index] as Check<unknown>)(given);
      if (read === given && isKept) continue;
      if (read instanceof Fault) {
        fault = firstOf(fault, read.within(name));
        if (fault.isOtherKind) return fault;
      } else if (isKept || read !== undefined) {
        changed ??= { ...value };
        changed[name] = read;
      }
    }
    fault ??= others === 'refused' ? unknownMember(value, shape) : null;
    return fault ?? judge((changed ?? value) as T, rule);
  };
}

function unknownMember(value: object, shape: Shape): Fault | null {
  for (const name in value)
    if (!Object.hasOwn(shape, name)) return new Fault(`has the unknown member ${JSON.stringify(name)}`, false);
  return null;
}

/**
 * Returns a copy of an object without its member `__proto__`, because assigning that member would change the prototype.
 * Returns null if the object has no such member.
 */
function withoutPrototype(value: Readonly<Values>): Values | null {
  if (!Object.hasOwn(value, '__proto__')) return null;
  const { ['__proto__']: _, ...rest } = value;
  return rest;
}

/**
 * Accepts an object with any member names. `check` must accept every value, and `checkName` every name. Instances of
 * classes are not accepted. A member `__proto__` is left out.
 */
export function record<T>(check: Check<T>, checkName: Check<string> | null = null): Check<Readonly<Record<string, T>>> {
  const takesAll = check === anything && checkName === null;
  return (value) => {
    if (!isTable(value)) return otherKind('an object', value);
    let changed: Values | null = withoutPrototype(value);
    let fault: Fault | null = null;
    for (const name of takesAll ? [] : Object.keys(value)) {
      if (name === '__proto__') continue;
      const wrongName = checkName?.(name);
      if (wrongName instanceof Fault)
        return fault === null ? nameFault(wrongName, name) : firstOf(fault, nameFault(wrongName, name));
      const given = value[name];
      const read = check(given);
      if (read === given) continue;
      if (read instanceof Fault) {
        fault = firstOf(fault, read.within(name));
        if (fault.isOtherKind) return fault;
        continue;
      }
      changed ??= { ...value };
      changed[name] = read;
    }
    return fault ?? symbolFault(value) ?? ((changed ?? value) as Readonly<Record<string, T>>);
  };
}

function nameFault(fault: Fault, name: string): Fault {
  return new Fault(fault.message, true, [name]);
}

function symbolFault(value: object): Fault | null {
  const symbols = Object.getOwnPropertySymbols(value);
  if (symbols.length === 0) return null;
  const symbol = symbols.find((name) => Object.prototype.propertyIsEnumerable.call(value, name));
  return symbol === undefined ? null : new Fault('must have a string as its name', true, [symbol]);
}

/** Whether a value is a plain object, and not an instance of a class. Plain objects of other realms count too. */
function isTable(value: unknown): value is Readonly<Values> {
  if (!isObject(value)) return false;
  const { constructor: maker } = value;
  if (typeof maker !== 'function') return true;
  const prototype: unknown = maker.prototype;
  return isObject(prototype) && Object.hasOwn(prototype, 'isPrototypeOf');
}

/** Accepts a list whose items `check` accepts. */
export function list<T>(check: Check<T>, ...rules: readonly Rule<readonly T[]>[]): Check<readonly T[]> {
  const rule = allOf(rules);
  return (value) => {
    if (!Array.isArray(value)) return otherKind('an array', value);
    let changed: unknown[] | null = null;
    let fault: Fault | null = null;
    for (let index = 0; index < value.length; index += 1) {
      const given: unknown = value[index];
      const read = check(given);
      if (read === given) continue;
      if (read instanceof Fault) {
        fault = firstOf(fault, read.within(index));
        if (fault.isOtherKind) return fault;
        continue;
      }
      changed ??= [...value];
      changed[index] = read;
    }
    return fault ?? judge((changed ?? value) as readonly T[], rule);
  };
}

/** Requires at least this many items. */
export function itemsFrom(least: number): Rule<readonly unknown[]> {
  return (value) =>
    value.length >= least ? null : least === 1 ? 'must not be empty' : `must have at least ${least} items`;
}

/** Allows at most this many items. */
export function itemsUpTo(most: number): Rule<readonly unknown[]> {
  return (value) => (value.length <= most ? null : `must have at most ${most} items`);
}
