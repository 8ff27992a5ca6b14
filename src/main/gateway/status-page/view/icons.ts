import type { ConnectorState } from '../../../connectors/connector-state.ts';
import type { Aspect } from '../model/state-words.ts';
import { type Html, html, trusted } from './html.ts';

/** Shapes by state. Each state has its own shape, so that it is visible without colours and in print. */
const SHAPES: Readonly<Record<ConnectorState, string>> = {
  failed:
    '<path d="M5.3 1h5.4L15 5.3v5.4L10.7 15H5.3L1 10.7V5.3z" class="fill"/>' +
    '<path d="M5.5 5.5l5 5m0-5l-5 5" class="cut"/>',
  'backing-off': '<circle cx="8" cy="8" r="6.2" class="line"/><path d="M8 4.4V8l2.6 1.7" class="line"/>',
  'needs-login':
    '<circle cx="8" cy="5.4" r="3.2" class="line"/><path d="M1.8 14.4c.6-3.6 3-5 6.2-5s5.6 1.4 6.2 5" class="line"/>',
  degraded: '<path d="M8 1.2L15.4 14.4H.6z" class="fill"/><path d="M8 6v4m0 1.6v.9" class="cut"/>',
  connecting: '<circle cx="8" cy="8" r="6.2" class="line dashed"/><circle cx="8" cy="8" r="2.2" class="fill"/>',
  closing: '<rect x="2.5" y="2.5" width="11" height="11" rx="1.5" class="line"/>',
  ready: '<circle cx="8" cy="8" r="7" class="fill"/><path d="M4.7 8.3l2.3 2.3 4.4-4.9" class="cut"/>',
  disabled: '<circle cx="8" cy="8" r="6.2" class="line"/><path d="M5 8h6" class="line"/>',
};

/**
 * Lamps from top to bottom, as on a railway signal. The position of the lit lamp carries the same information as its
 * colour.
 */
const LAMPS: readonly Exclude<Aspect, 'off'>[] = ['stop', 'caution', 'clear'];

/** All shapes, as symbols that the page contains once. {@link stateIcon} refers to them. */
export const ICON_SPRITE: Html = trusted(
  `<svg class="sprite" aria-hidden="true" width="0" height="0">${Object.entries(SHAPES)
    .map(([state, shape]) => `<symbol id="i-${state}" viewBox="0 0 16 16">${shape}</symbol>`)
    .join('')}</svg>`,
);

/** The logo: a railway turnout seen from above, where one track becomes two. */
export const TURNOUT: Html = trusted(
  '<svg class="mark" viewBox="0 0 40 24" width="40" height="24" aria-hidden="true">' +
    '<path d="M1 17h38" class="track"/><path d="M8 17c10 0 12-10 22-10h9" class="track"/>' +
    '<circle cx="8" cy="17" r="2.6" class="point"/></svg>',
);

/** The page's icon, as a data URL. */
export const FAVICON =
  'data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 viewBox=%270 0 16 16%27%3E' +
  '%3Crect width=%2716%27 height=%2716%27 rx=%273.5%27 fill=%27%23175f49%27/%3E' +
  '%3Cpath d=%27M2 11h12M4 11c4 0 4-5.500 8-5.500h2%27 fill=%27none%27' +
  ' stroke=%27%23fff%27 stroke-width=%271.700%27/%3E' +
  '%3C/svg%3E';

/** Renders the shape of a state, to be placed next to the state's word. */
export function stateIcon(state: ConnectorState): Html {
  return html`<svg class="icon" aria-hidden="true"><use href="#i-${state}"/></svg>`;
}

/** Renders a signal with one lit lamp. */
export function signal(aspect: Exclude<Aspect, 'off'>): Html {
  const head = html`<rect x="1" y="1" width="22" height="54" rx="11" class="head"/>`;
  const lamps = LAMPS.map(
    (lamp, index) =>
      html`<circle cx="12" cy="${12 + index * 16}" r="6" class="${lamp === aspect ? `lamp lit ${lamp}` : 'lamp'}"/>`,
  );
  return html`<svg class="signal" viewBox="0 0 24 56" width="24" height="56" aria-hidden="true">${head}${lamps}</svg>`;
}
