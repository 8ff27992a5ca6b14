import type { ConnectorState } from '../../../connectors/connector-state.ts';
import { type ListQuery, listAddress } from '../model/list-query.ts';
import { STATE_ORDER, STATES } from '../model/state-words.ts';
import type { SystemModel } from '../model/system-model.ts';
import { type Html, html } from './html.ts';
import { signal, stateIcon } from './icons.ts';

/** Renders the verdict on the whole gateway. */
export function renderVerdict(system: SystemModel, name: string): Html {
  const { verdict, connectorsByState, connectorCount, toolCount } = system;
  const up = connectorsByState.ready + connectorsByState.degraded;
  const wanted = connectorCount - connectorsByState.disabled;
  const title = `${verdict.headline} · ${name}`;
  const block = html`data-block="verdict" data-title="${title}"`;
  return html`<section class="verdict ${verdict.aspect}" ${block} aria-labelledby="verdict">
${signal(verdict.aspect)}
<div><h2 id="verdict">${verdict.headline}</h2>
${verdict.reasons.length > 0 && html`<p class="reasons">${verdict.reasons.join(' · ')}</p>`}
<p class="sums">${up} of ${wanted} connectors up · ${toolCount} ${toolCount === 1 ? 'tool' : 'tools'}</p></div>
</section>`;
}

/** Renders the number of connectors in each state; each count links to its connectors. */
export function renderCounts({ connectorsByState, connectorCount }: SystemModel, query: ListQuery): Html {
  const present = STATE_ORDER.filter((state) => connectorsByState[state] > 0 || state === query.state);
  const link = (state: ConnectorState | null, count: number): Html => {
    const address = listAddress({ text: query.text, state, page: 1 });
    const icon = state === null ? null : stateIcon(state);
    const word = state === null ? 'All' : STATES[state].word;
    const aspect = state === null ? '' : STATES[state].aspect;
    const current = state === query.state && html` aria-current="true"`;
    const text = html`${icon}<span>${word}</span> <b>${count}</b>`;
    return html`<li><a class="${aspect}" href="${address}"${current}>${text}</a></li>`;
  };
  return html`<nav class="counts" data-block="counts" aria-label="Connectors by state">
${track(connectorsByState, connectorCount)}
<ul>${link(null, connectorCount)}${present.map((state) => link(state, connectorsByState[state]))}</ul>
</nav>`;
}

/** Renders one bar with the proportion of connectors in each state. The numbers below it carry the same information. */
function track(counts: SystemModel['connectorsByState'], total: number): Html {
  let from = 0;
  const parts = STATE_ORDER.toReversed()
    .filter((state) => counts[state] > 0)
    .map((state) => {
      const part = html`<rect class="${STATES[state].aspect}" x="${from}" y="0" width="${counts[state]}" height="1"/>`;
      from += counts[state];
      return part;
    });
  const box = `0 0 ${Math.max(1, total)} 1`;
  return html`<svg class="shares" viewBox="${box}" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>`;
}
