import type { ConnectorList, ConnectorRow } from '../model/connector-list.ts';
import { type ListQuery, listAddress } from '../model/list-query.ts';
import { STATES } from '../model/state-words.ts';
import { type Html, html } from './html.ts';
import { stateIcon } from './icons.ts';
import { instant } from './instants.ts';
import { ONLOOKER, type PageViewer } from './page-viewer.ts';
import { milliseconds, sparkline } from './sparkline.ts';

const COLUMNS = ['State', 'Connector', 'Protocol', 'Tools', 'Last calls', 'Last error'];

const TRANSPORTS: Readonly<Record<string, string>> = {
  'streamable-http': 'Streamable HTTP',
  sse: 'SSE',
  stdio: 'stdio',
  custom: 'custom',
};

/** Renders the list with its search field. The rows and the note below them can also be rendered separately. */
export function renderConnectors(list: ConnectorList, nowMs: number, viewer: PageViewer = ONLOOKER): Html {
  // The table is styled as blocks, and browsers then no longer treat it as a table. So the roles are explicit.
  return html`<section class="connectors" aria-labelledby="connectors">
<div class="bar"><h2 id="connectors">Connectors</h2>${renderSearch(list.query)}</div>
<table role="table" aria-labelledby="connectors">
<thead role="rowgroup"><tr role="row">${COLUMNS.map(renderHeading)}</tr></thead>
<tbody role="rowgroup" id="rows">${list.rows.map((row) => renderRow(row, nowMs, viewer))}</tbody>
</table>
${renderNote(list)}
</section>`;
}

function renderHeading(column: string): Html {
  return html`<th role="columnheader" scope="col">${column}</th>`;
}

export function renderRow(row: ConnectorRow, nowMs: number, viewer: PageViewer = ONLOOKER): Html {
  const { word, aspect } = STATES[row.state];
  const since = instant(row.since, nowMs);
  const why = row.lastError === null ? 'Why' : 'Last error';
  return html`<tr role="row" data-row="${row.id}" class="${aspect}">
<td role="cell" class="state"><span class="word">${stateIcon(row.state)}${word}</span> <small>${since}</small></td>
<th role="rowheader" scope="row" class="who"><bdi class="name">${row.name}</bdi>${
    row.name !== row.id && html` <code>${row.id}</code>`
  }${row.endpoint !== null && html` <small class="address">${row.endpoint}</small>`}</th>
<td role="cell" data-label="Protocol" class="protocol">${renderProtocol(row)}</td>
<td role="cell" data-label="Tools" class="tools">${renderTools(row)}</td>
<td role="cell" data-label="Last calls" class="calls">${renderCalls(row)}</td>
<td role="cell" data-label="${why}" class="error">${renderError(row, viewer)}</td>
</tr>`;
}

/** Renders a note about the connectors that are not shown, with links to the pages that show them. */
export function renderNote({ query, rows, matchingCount, totalCount, pageCount }: ConnectorList): Html {
  const isFiltered = query.text !== '' || query.state !== null;
  const matching = isFiltered ? `${matchingCount} of ${totalCount} connectors match. ` : '';
  const rest = matchingCount - rows.length;
  const shown =
    rest > 0 ? `${rows.length} are shown here, connectors with problems first. ${rest} more are on other pages.` : '';
  const nothing = totalCount === 0 ? 'There are no connectors yet.' : '';
  const pages =
    pageCount > 1 &&
    html`<nav class="pages" aria-label="Pages of connectors">${
      query.page > 1 && html`<a href="${listAddress({ ...query, page: query.page - 1 })}">Previous</a>`
    }
<span>Page ${query.page} of ${pageCount}</span>
${query.page < pageCount && html`<a href="${listAddress({ ...query, page: query.page + 1 })}">Next</a>`}</nav>`;
  const all = isFiltered && html` <a href="/">Show all</a>`;
  return html`<div class="note" data-block="note"><p>${matching}${shown}${nothing}${all}</p>${pages}</div>`;
}

function renderSearch({ text, state }: ListQuery): Html {
  return html`<form role="search" method="get" action="/"><label for="q">Find</label>
<input id="q" name="q" type="search" value="${text}" maxlength="100" placeholder="id, name, state, code"
autocomplete="off" spellcheck="false">
${state !== null && html`<input type="hidden" name="state" value="${state}">`}<button>Find</button></form>`;
}

function renderProtocol({ era, transport }: ConnectorRow): Html {
  if (era === null || transport === null) return NOTHING;
  return html`<span>${TRANSPORTS[transport] ?? transport}</span> <small>${era} protocol</small>`;
}

function renderTools({ toolCount, dropped, areToolsStale }: ConnectorRow): Html {
  return html`<span class="number">${toolCount}</span>${areToolsStale && html` <small>from an earlier run</small>`}${
    dropped.count > 0 && renderDropped(dropped)
  }`;
}

/** Renders the number of definitions that are left out, and the first of them with the reason. */
function renderDropped({ count, named }: ConnectorRow['dropped']): Html {
  const shown = named.slice(0, DROPPED_SHOWN);
  const rest = count - shown.length;
  return html` <small>${count} left out: ${shown.map(
    ({ kind, name, why }, index) => html`${index > 0 && ', '}${kind} <bdi>${name}</bdi> (${why})`,
  )}${rest > 0 && `, ${rest} more`}</small>`;
}

function renderCalls({ latency }: ConnectorRow): Html {
  if (latency === null) return html`<small class="nothing">none yet</small>`;
  const { p50Ms, p95Ms, failed } = latency;
  const median = html`<abbr title="median">p50</abbr> ${milliseconds(p50Ms)}`;
  const slow = html`<abbr title="95th percentile">p95</abbr> ${milliseconds(p95Ms)}`;
  return html`${sparkline(latency)} <small>${median} · ${slow}</small>${
    failed.length > 0 && html` <small class="missed">${failed.length} failed</small>`
  }`;
}

function renderError(row: ConnectorRow, viewer: PageViewer): Html {
  const { lastError, state, why } = row;
  const login = renderLogin(row, viewer);
  if (lastError !== null) return html`<code>${lastError.code}</code> <small>${lastError.message}</small>${login}`;
  return state === 'ready' ? NOTHING : html`<small>${why}</small>${login}`;
}

/**
 * Renders the login button for viewers who may log in. Its label names the connector, because there may be many such
 * buttons.
 */
function renderLogin({ id, name, state }: ConnectorRow, { formToken }: PageViewer): Html | null {
  if (state !== 'needs-login' || formToken === null) return null;
  return html`<form class="login" method="post" action="/login/start">
<input type="hidden" name="connector" value="${id}"><input type="hidden" name="token" value="${formToken}">
<button aria-label="Log in to ${name}">Log in</button></form>`;
}

/** Number of definitions that a row names; `/status.json` names more. */
const DROPPED_SHOWN = 3;

const NOTHING: Html = html`<span class="nothing" aria-hidden="true">–</span>`;
