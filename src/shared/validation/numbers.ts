import { type Check, ofKind, type Rule } from './check.ts';

/** Accepts a finite number that satisfies these rules. */
export function number(...rules: readonly Rule<number>[]): Check<number> {
  return ofKind('a number', (value): value is number => Number.isFinite(value), rules);
}

/** Accepts a whole number that satisfies these rules. A double must be able to represent the number exactly. */
export function wholeNumber(...rules: readonly Rule<number>[]): Check<number> {
  return ofKind('a whole number', (value): value is number => Number.isSafeInteger(value), rules);
}

export const positive: Rule<number> = (value) => (value > 0 ? null : 'must be more than 0');

/** Requires a number of at least `least`. */
export function from(least: number): Rule<number> {
  return (value) => (value >= least ? null : `must be at least ${least}`);
}

/** Requires a number of at most `most`. */
export function upTo(most: number): Rule<number> {
  return (value) => (value <= most ? null : `must be at most ${most}`);
}
