import { type Failure, failureOf } from '../../terminal/output.ts';

/** Result of some work: its value, or why it failed. */
export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Runs `work` and catches any error. */
export function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}
