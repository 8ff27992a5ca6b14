import { type Failure, failureOf } from '../../terminal/output.ts';

/** The outcome of a function: its value, or its error in the form of a failure. */
export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Calls `work` and returns its value or, if it throws, its error. */
export function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}
