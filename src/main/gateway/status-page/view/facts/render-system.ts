import type { FileModel, MapModel } from '../../model/map-model.ts';
import type { ProcessModel, SystemModel } from '../../model/system-model.ts';
import { type Html, type HtmlValue, html } from '../html.ts';
import { instant } from '../instants.ts';
import { milliseconds } from '../sparkline.ts';
import { failure, pair } from './pairs.ts';
import { renderTrust } from './render-trust.ts';

const FRESHNESS = {
  fresh: { word: 'Fresh', aspect: 'clear' },
  stale: { word: 'Stale', aspect: 'caution' },
  none: { word: 'None yet', aspect: 'stop' },
} as const;

const CIRCUITS = {
  closed: null,
  'half-open': 'retried at the next refresh',
  open: 'paused for a minute after repeated failures',
} as const;

/** Renders the sources of connectors: maps and files. */
export function renderSources({ maps, files, store, heldTools, changedTools }: SystemModel, nowMs: number): Html {
  return html`<section class="sources" data-block="sources" aria-labelledby="sources">
<h2 id="sources">${maps.length === 1 && files.length === 0 ? 'Service map' : 'Sources'}</h2>
${maps.length + files.length === 0 && html`<p class="quiet">No service map and no file is configured.</p>`}
${maps.map((map) => renderMap(map, nowMs))}
${files.map((file) => renderFile(file, nowMs))}
<dl>${pair('Store', storeText(store))}${changedTools > 0 && pair('Pins', pinsText(changedTools, heldTools))}</dl>
</section>`;
}

/** Renders the health of the process. */
export function renderProcess(model: ProcessModel, nowMs: number): Html {
  const { loopDelay, rssBytes, heapUsedBytes, startedAt, nodeVersion } = model;
  const [p50, p99, max] = [loopDelay.p50Ms, loopDelay.p99Ms, loopDelay.maxMs].map(milliseconds);
  return html`<section class="process" data-block="process" aria-labelledby="process">
<h2 id="process">Process</h2>
<dl>${pair(
    'Event loop delay',
    `p50 ${p50} · p99 ${p99} · max ${max}`,
  )}${pair('Memory', `${megabytes(rssBytes)}, ${megabytes(heapUsedBytes)} of it heap`)}${pair(
    'Started',
    instant(startedAt, nowMs),
  )}${pair('Node.js', nodeVersion)}</dl>
</section>`;
}

function renderMap(map: MapModel, nowMs: number): Html {
  const { word, aspect } = FRESHNESS[map.freshness];
  const { generatedAt, expiresAt, pausedUntil, heldRemovals, lastError } = map;
  const circuit = CIRCUITS[map.circuit];
  return html`<div class="source ${aspect}">
<h3><bdi>${map.brand ?? map.sourceId}</bdi> <span class="tag ${aspect}">${word}</span></h3>
${map.address !== null && html`<p class="address">${map.address}</p>`}
<dl>${pair('Signature', map.signature === 'verified' ? '✓ Verified' : 'No map is in use')}
${renderTrust(map.trust, nowMs)}
${generatedAt !== null && pair('Signed', instant(generatedAt, nowMs))}
${expiresAt !== null && pair(expiresAt > nowMs ? 'Expires' : 'Expired', instant(expiresAt, nowMs))}
${pair('Revision', map.revision)}
${pair('Connectors', map.connectorCount)}
${heldRemovals > 0 && pair('Held removals', `${heldRemovals}, until the next map confirms them`)}
${circuit !== null && pair('Circuit', circuit)}
${pausedUntil !== null && pair('Paused', html`requested by the server; next refresh ${instant(pausedUntil, nowMs)}`)}
${lastError !== null && renderLastError(map.freshness, lastError, nowMs)}</dl>
</div>`;
}

function renderLastError(
  freshness: MapModel['freshness'],
  lastError: NonNullable<MapModel['lastError']>,
  nowMs: number,
): Html {
  const value = html`${failure(lastError)} <small>${instant(lastError.at, nowMs)}</small>`;
  return pair(freshness === 'fresh' ? 'Last refresh' : `Why ${freshness}`, value);
}

function renderFile(file: FileModel, nowMs: number): Html {
  const { path, serverCount, readAt, lastError, problemCount, problems } = file;
  const rest = problemCount - problems.length;
  return html`<div class="source ${lastError !== null ? 'caution' : 'clear'}">
<h3>${file.kind === 'registry' ? 'Registry' : 'Configuration file'}</h3>
<p class="address">${path}</p>
<dl>${pair('Servers', serverCount)}${pair('Read', readAt === null ? 'not yet' : instant(readAt, nowMs))}${
    lastError !== null && pair('Last reading', failure(lastError))
  }${
    problemCount > 0 &&
    pair(
      'Problems',
      html`<ul>${problems.map((problem) => html`<li>${problem}</li>`)}${
        rest > 0 && html`<li>and ${rest} more</li>`
      }</ul>`,
    )
  }</dl>
</div>`;
}

function storeText({ kind, failure: error }: SystemModel['store']): HtmlValue {
  if (error !== null) return failure(error);
  return kind === 'ready' ? 'survives restarts' : 'does not survive restarts';
}

function pinsText(changed: number, held: number): string {
  const differ = changed === 1 ? '1 tool differs from its pin' : `${changed} tools differ from their pins`;
  return held > 0 ? `${differ}; ${held} held back until approved` : differ;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
