import { type Check, ofKind, type Rule } from './check.ts';

/** A finite number that keeps these rules. */
export function number(...rules: readonly Rule<number>[]): Check<number> {
  return ofKind('a number', (value): value is number => Number.isFinite(value), rules);
}

/** A whole number that keeps these rules, and that a double holds exactly. */
export function wholeNumber(...rules: readonly Rule<number>[]): Check<number> {
  return ofKind('a whole number', (value): value is number => Number.isSafeInteger(value), rules);
}

export const positive: Rule<number> = (value) => (value > 0 ? null : 'must be more than 0');

/** This number or more. */
export function from(least: number): Rule<number> {
  return (value) => (value >= least ? null : `must be at least ${least}`);
}

/** This number or less. */
export function upTo(most: number): Rule<number> {
  return (value) => (value <= most ? null : `must be at most ${most}`);
}
