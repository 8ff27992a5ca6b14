import type { ConnectorState } from '../../../connectors/connector-state.ts';

/** How a state is shown: as clear, caution or stop, as on a railway signal, or as a signal that is off. */
export type Aspect = 'clear' | 'caution' | 'stop' | 'off';

/** How the page shows one state of a connector. */
export interface StateWords {
  readonly word: string;
  readonly aspect: Aspect;
  /** Whether the state needs attention. */
  readonly isTrouble: boolean;
}

/**
 * How the page shows each state. The order is that of the connectors in the list: states that need attention come
 * first.
 */
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

/** All states, in the order of {@link STATES}. */
export const STATE_ORDER: readonly ConnectorState[] = Object.keys(STATES) as ConnectorState[];

/** True if a string is the name of a state. */
export function isState(text: string): text is ConnectorState {
  return Object.hasOwn(STATES, text);
}
