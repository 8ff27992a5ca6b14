import { Fault, otherKind } from './fault.ts';

/**
 * Checks a value from outside. Returns the value if it is valid, or else its first fault. If members were filled in or
 * left out, returns a changed copy instead of the value. Checks are plain functions, so they also work where generating
 * code is forbidden.
 */
export type Check<T> = (value: unknown) => T | Fault;

/** The type of the values that a check accepts. */
export type Checked<C extends Check<unknown>> = Exclude<ReturnType<C>, Fault>;

/**
 * A rule for values whose type is already checked. Returns what is wrong, such as "must not be empty", or null if the
 * value satisfies the rule.
 */
export type Rule<T> = (value: T) => string | null;

/** Accepts every value. */
export const anything: Check<unknown> = (value) => value;

/**
 * Accepts a value that has the right type (`isKind`) and satisfies all rules. Otherwise, the fault describes the first
 * rule that the value breaks.
 */
export function ofKind<T>(
  kind: string,
  isKind: (value: unknown) => value is T,
  rules: readonly Rule<T>[] = [],
): Check<T> {
  const rule = allOf(rules);
  return (value) => (isKind(value) ? judge(value, rule) : otherKind(kind, value));
}

/** Combines rules into one rule. Returns null if the list is empty. */
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

/** Returns the value, or a fault if it breaks the rule. */
export function judge<T>(value: T, rule: Rule<T> | null): T | Fault {
  const why = rule === null ? null : rule(value);
  return why === null ? value : new Fault(why, false);
}

/** Creates a rule that is satisfied if `holds` returns true. */
export function that<T>(holds: (value: T) => boolean, message: string): Rule<T> {
  return (value) => (holds(value) ? null : message);
}

/** Accepts any value for which `holds` returns true. */
export function custom(holds: (value: unknown) => boolean, message: string): Check<unknown> {
  return (value) => (holds(value) ? value : new Fault(message, true));
}

/** Accepts one of these values. */
export function oneOf<const T extends string | number | boolean>(...values: readonly T[]): Check<T> {
  const known = new Set<unknown>(values);
  const shown = values.map((value) => JSON.stringify(value)).join(', ');
  return ofKind(values.length === 1 ? shown : `one of ${shown}`, (value): value is T => known.has(value));
}

export const flag: Check<boolean> = ofKind('true or false', (value) => typeof value === 'boolean');

/** Accepts only undefined, so the member must be left out. */
export const absent: Check<undefined> = (value) => (value === undefined ? value : new Fault('must be left out', true));

/** Accepts undefined, and everything that `check` accepts. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value) => (value === undefined ? undefined : check(value));
}

/** Accepts null, and everything that `check` accepts. */
export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value) => (value === null ? null : check(value));
}

/** Accepts everything that `check` accepts. Returns `fallback` for undefined. */
export function withDefault<T>(check: Check<T>, fallback: T): Check<T> {
  return (value) => (value === undefined ? fallback : check(value));
}

/**
 * Accepts a value that one of `checks` accepts. If the type of the value is right for exactly one of them, returns the
 * fault of that check. Otherwise, the fault is `message`.
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
