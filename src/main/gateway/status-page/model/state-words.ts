import type { ConnectorState } from '../../../connectors/connector-state.ts';

/** The three aspects of a railway signal, and a lamp that is out. */
export type Aspect = 'clear' | 'caution' | 'stop' | 'off';

/** Words and aspect of a state. */
export interface StateWords {
  readonly word: string;
  readonly aspect: Aspect;
  /** Whether the state needs attention. */
  readonly isTrouble: boolean;
}

/** Words for each state. States that need attention come first; this is the order of lists. */
export const STATES: Readonly<Record<ConnectorState, StateWords>> = {
  failed: { word: 'Failed', aspect: 'stop', isTrouble: true },
  'backing-off': { word: 'Backing off', aspect: 'stop', isTrouble: true },
  'needs-login': { word: 'Needs a login', aspect: 'caution', isTrouble: true },
  degraded: { word: 'Degraded', aspect: 'caution', isTrouble: true },
  connecting: { word: 'Connecting', aspect: 'caution', isTrouble: false },
  closing: { word: 'Closing', aspect: 'off', isTrouble: false },
  ready: { word: 'Ready', aspect: 'clear', isTrouble: false },
  disabled: { word: 'Disabled', aspect: 'off', isTrouble: false },
};

/** All states in that order. */
export const STATE_ORDER: readonly ConnectorState[] = Object.keys(STATES) as ConnectorState[];

/** True if a text is the name of a state. */
export function isState(text: string): text is ConnectorState {
  return Object.hasOwn(STATES, text);
}
