import { allOf, type Check, judge, type Rule } from './check.ts';
import { otherKind } from './fault.ts';

/** Accepts a string that satisfies these rules. */
export function text(...rules: readonly Rule<string>[]): Check<string> {
  const rule = allOf(rules);
  return (value) => (typeof value === 'string' ? judge(value, rule) : otherKind('a string', value));
}

/** Requires a length from `least` to `most` UTF-16 code units. */
export function units(least: number, most = Number.POSITIVE_INFINITY): Rule<string> {
  const tooFew = least === 1 ? 'must not be empty' : `must have at least ${least} characters`;
  const tooMany = `must have at most ${most} characters`;
  return ({ length }) => (length < least ? tooFew : length > most ? tooMany : null);
}

/** Requires a string that matches `pattern`. */
export function matching(pattern: RegExp, message: string): Rule<string> {
  return (value) => (pattern.test(value) ? null : message);
}

const DAY =
  /^\d{4}-(((0[13578]|1[02])-(0[1-9]|[12]\d|3[01]))|((0[469]|11)-(0[1-9]|[12]\d|30))|(02-(0[1-9]|1\d|2[0-8])))/;

/** Matches 29 February in leap years. */
const LEAP_DAY = /^((\d\d([2468][048]|[13579][26]|0[48]))|([02468][048]|[13579][26])00)-02-29/;

const TIME = /^T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Accepts a date and time with an offset from UTC (RFC 3339 section 5.6), with capital T and Z, and without leap
 * seconds.
 */
export const instant: Check<string> = text((value) =>
  (DAY.test(value) || LEAP_DAY.test(value)) && TIME.test(value.slice('YYYY-MM-DD'.length))
    ? null
    : 'must be a date and time with an offset, such as 2026-01-31T12:00:00Z',
);
