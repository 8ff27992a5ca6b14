import { listAddress } from '../model/list-query.ts';
import type { StatusModel } from '../model/status-reader.ts';
import { renderFleet } from './facts/render-fleet.ts';
import { renderProcess, renderSources } from './facts/render-system.ts';
import { type Html, html, trusted } from './html.ts';
import { FAVICON, ICON_SPRITE, TURNOUT } from './icons.ts';
import { timeOfDay } from './instants.ts';
import { blocksOf, stampOf } from './page-blocks.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import { ONLOOKER, type PageViewer } from './page-viewer.ts';
import { renderConnectors } from './render-connectors.ts';
import { renderEvents } from './render-events.ts';
import { renderCounts, renderVerdict } from './render-overview.ts';

/** The lamp that shows whether the page receives updates. */
const LAMP: Html = trusted(
  '<svg class="lamp" viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="4.5"/></svg>',
);

/**
 * Renders the whole page. `nonce` is the nonce in the page's Content-Security-Policy, so no other style or script runs.
 */
export function renderPage(model: StatusModel, nonce: string, viewer: PageViewer = ONLOOKER): string {
  const { name, version, at, system, process, connectors, events } = model;
  const stamp = stampOf(blocksOf(model, viewer));
  return `<!doctype html>\n${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${system.verdict.headline} · ${name}</title>
<link rel="icon" href="${trusted(FAVICON)}">
<style nonce="${nonce}">${trusted(PAGE_STYLE)}</style>
</head>
<body data-at="${at}" data-stamp="${stamp}" data-seq="${events[0]?.seq ?? 0}">
${ICON_SPRITE}
<header>
<p class="brand">${TURNOUT}<span><b>${name}</b> <small>${version}</small></span></p>
<h1 class="unseen">Status of ${name}</h1>
<div class="live"><p id="live" hidden>${LAMP}<span id="live-text" role="status"></span></p>
<button type="button" id="pause" hidden>Pause</button></div>
</header>
<noscript><p class="hint">Without JavaScript this page does not update. It shows the status at ${timeOfDay(at)} UTC.
<a href="${listAddress(connectors.query)}">Reload</a></p></noscript>
<main>
<div class="overview">${renderVerdict(system, name)}${renderCounts(system, connectors.query)}</div>
<div class="facts">${renderSources(system, at)}${renderFleet(system.fleet)}${renderProcess(process, at)}</div>
${renderConnectors(connectors, at, viewer)}
${renderEvents(events)}
</main>
${footer(viewer)}
<script nonce="${nonce}">${trusted(PAGE_SCRIPT)}</script>
</body>
</html>`}\n`;
}

function footer({ canSignIn }: PageViewer): Html {
  const signIn = canSignIn && html` · <a href="/login/operator">Sign in as the operator</a> to log in to connectors`;
  return html`<footer><p>As JSON: <a href="/status.json">/status.json</a>${signIn}</p></footer>`;
}
