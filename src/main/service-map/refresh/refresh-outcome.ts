import type { SwitchyardError } from '../../../shared/errors.ts';

/**
 * How a map is requested from its source. `refresh`: up to three attempts. `poll`: one attempt, which the leader of a
 * fleet makes each second.
 */
export type RefreshKind = 'refresh' | 'poll';

/** The outcome of a refresh. `opened`: whether its failure opened the circuit. */
export type RefreshOutcome =
  | { readonly ok: true; readonly kind: 'loaded' | 'unchanged' }
  | { readonly ok: false; readonly error: SwitchyardError; readonly opened: boolean };
