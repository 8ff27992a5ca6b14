import type { FleetHostModel, FleetMapModel, FleetModel } from '../../model/fleet-model.ts';
import { type Html, html } from '../html.ts';
import { failure, pair } from './pairs.ts';

const QUOTAS = {
  own: null,
  share: 'for the whole fleet; each host gets a share while the fleet server is unreachable',
  refuse: 'for the whole fleet; calls are refused while the fleet server is unreachable',
} as const;

/** Renders the fleet and its hosts; nothing without a fleet. */
export function renderFleet(fleet: FleetModel | null): Html | false {
  if (fleet === null) return false;
  const { id, isConnected, failure: why, lagMs, refusedCount, hostCount, hosts, sharesLogins } = fleet;
  const quotas = QUOTAS[fleet.quotas];
  const aspect = isConnected ? 'clear' : 'caution';
  return html`<section class="fleet" data-block="fleet" aria-labelledby="fleet">
<h2 id="fleet">Fleet</h2>
<div class="source ${aspect}">
<h3><bdi>${id}</bdi> <span class="tag ${aspect}">${isConnected ? 'Connected' : 'Disconnected'}</span></h3>
<dl>${pair('Hosts', hostCount)}${why !== null && pair('Server', failure(why))}${
    lagMs > 0 && pair('Map lag', `${Math.round(lagMs / 1000)} s`)
  }${refusedCount > 0 && pair('Rejected data', refusedCount)}${quotas !== null && pair('Quotas', quotas)}${
    sharesLogins && pair('Logins', 'shared by all hosts')
  }</dl>
</div>
${hosts.map(renderHost)}
${hosts.length < hostCount && html`<p class="quiet">and ${hostCount - hosts.length} more</p>`}
</section>`;
}

function renderHost({ hostId, isThis, role, address, version, maps }: FleetHostModel): Html {
  return html`<div class="source">
<h3><bdi>${hostId}</bdi>${isThis && html` <span class="tag">This host</span>`}</h3>
${address !== null && html`<p class="address">${address}</p>`}
<dl>${pair('Role', role === 'reader' ? 'reader' : 'may lead')}${pair('Version', version)}${maps.map((map) =>
    pair('Map', renderMap(map)),
  )}</dl>
</div>`;
}

function renderMap({ sourceId, version, isLeading, isBehind }: FleetMapModel): Html {
  return html`<bdi>${sourceId}</bdi> <code>${version ?? 'none'}</code>${isLeading && ', leads'}${
    isBehind && ', behind'
  }`;
}
