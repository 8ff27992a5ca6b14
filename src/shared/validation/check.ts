import { Fault, otherKind } from './fault.ts';

/**
 * Checks a value that somebody else gave: returns it, or the first fault. What is returned is the value itself wherever
 * nothing was filled in or left out. Checks are plain closures, so they also run where code generation is forbidden.
 */
export type Check<T> = (value: unknown) => T | Fault;

/** What a check returns for a value without faults. */
export type Checked<C extends Check<unknown>> = Exclude<ReturnType<C>, Fault>;

/** What is wrong with a value of the right kind, such as "must not be empty"; null if nothing is. */
export type Rule<T> = (value: T) => string | null;

/** Takes every value. */
export const anything: Check<unknown> = (value) => value;

/** A value of this kind that keeps the rules; the first rule that it breaks is its fault. */
export function ofKind<T>(
  kind: string,
  isKind: (value: unknown) => value is T,
  rules: readonly Rule<T>[] = [],
): Check<T> {
  const rule = allOf(rules);
  return (value) => (isKind(value) ? judge(value, rule) : otherKind(kind, value));
}

/** These rules as one; null where there are none. */
export function allOf<T>(rules: readonly Rule<T>[]): Rule<T> | null {
  const [first = null] = rules;
  if (rules.length < 2) return first;
  return (value) => {
    for (const rule of rules) {
      const why = rule(value);
      if (why !== null) return why;
    }
    return null;
  };
}

/** The value, or the fault that it has by this rule. */
export function judge<T>(value: T, rule: Rule<T> | null): T | Fault {
  const why = rule === null ? null : rule(value);
  return why === null ? value : new Fault(why, false);
}

/** A rule that holds where `holds` says so. */
export function that<T>(holds: (value: T) => boolean, message: string): Rule<T> {
  return (value) => (holds(value) ? null : message);
}

/** A value for which `holds` is true, whatever it is. */
export function custom(holds: (value: unknown) => boolean, message: string): Check<unknown> {
  return (value) => (holds(value) ? value : new Fault(message, true));
}

/** One of these values. */
export function oneOf<const T extends string | number | boolean>(...values: readonly T[]): Check<T> {
  const known = new Set<unknown>(values);
  const shown = values.map((value) => JSON.stringify(value)).join(', ');
  return ofKind(values.length === 1 ? shown : `one of ${shown}`, (value): value is T => known.has(value));
}

export const flag: Check<boolean> = ofKind('true or false', (value) => typeof value === 'boolean');

/** Nothing: the member has to be left out. */
export const absent: Check<undefined> = (value) => (value === undefined ? value : new Fault('must be left out', true));

/** What `check` takes, or undefined. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value) => (value === undefined ? undefined : check(value));
}

/** What `check` takes, or null. */
export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value) => (value === null ? null : check(value));
}

/** What `check` takes; `fallback` in place of undefined. */
export function withDefault<T>(check: Check<T>, fallback: T): Check<T> {
  return (value) => (value === undefined ? fallback : check(value));
}

/**
 * What the first of these checks takes. Where the value is of the kind of one of them alone, its fault there is the
 * fault; else `message` is.
 */
export function either<const C extends readonly Check<unknown>[]>(
  message: string,
  ...checks: C
): Check<Checked<C[number]>> {
  return (value) => {
    const faults: Fault[] = [];
    for (const check of checks) {
      const read = check(value);
      if (!(read instanceof Fault)) return read as Checked<C[number]>;
      if (!read.isOtherKind) faults.push(read);
    }
    const [only] = faults;
    return only !== undefined && faults.length === 1 ? only : new Fault(message, true);
  };
}
