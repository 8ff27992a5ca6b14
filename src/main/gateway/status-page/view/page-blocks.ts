import { createHash } from 'node:crypto';
import type { StatusModel } from '../model/status-reader.ts';
import { renderFleet } from './facts/render-fleet.ts';
import { renderProcess, renderSources } from './facts/render-system.ts';
import { type Html, html } from './html.ts';
import { ONLOOKER, type PageViewer } from './page-viewer.ts';
import { renderNote, renderRow } from './render-connectors.ts';
import { renderCounts, renderVerdict } from './render-overview.ts';

/** A part of the page that is replaced as a whole, once it would say something else. */
export interface Block {
  readonly kind: 'part' | 'row';
  /** The id of a row's connector; otherwise the name of the part. */
  readonly key: string;
  /** What it says; of two that are alike one need not be sent. Times that only pass are not in it: the browser sees to these. */
  readonly saying: string;
  /** Whether it is another each time, as gauges are. */
  readonly isGauge: boolean;
  readonly render: () => Html;
}

/** All that changes on a page, events excepted. The same for all viewers who may do the same. */
export function blocksOf(model: StatusModel, viewer: PageViewer = ONLOOKER): readonly Block[] {
  const { system, connectors, process, at, name } = model;
  const { query, rows, matchingCount, totalCount, pageCount } = connectors;
  const part = (key: string, said: unknown, render: () => Html): Block => ({
    kind: 'part',
    key,
    saying: JSON.stringify(said),
    isGauge: key === 'process',
    render,
  });
  const { verdict, connectorsByState, connectorCount, toolCount, fleet, ...sources } = system;
  return [
    part('verdict', [verdict, connectorsByState, toolCount], () => renderVerdict(system, name)),
    part('counts', [connectorsByState, connectorCount], () => renderCounts(system, query)),
    part('sources', sources, () => renderSources(system, at)),
    ...(fleet === null ? [] : [part('fleet', fleet, () => html`${renderFleet(fleet)}`)]),
    part('process', process, () => renderProcess(process, at)),
    part('note', [query, rows.length, matchingCount, totalCount, pageCount], () => renderNote(connectors)),
    ...rows.map(
      (row): Block => ({
        kind: 'row',
        key: row.id,
        saying: JSON.stringify([row, viewer.formToken]),
        isGauge: false,
        render: () => renderRow(row, at, viewer),
      }),
    ),
  ];
}

/** Says whether two pages say the same, gauges excepted. */
export function stampOf(blocks: readonly Block[]): string {
  const hash = createHash('sha256');
  for (const { saying, isGauge } of blocks) if (!isGauge) hash.update(saying);
  return hash.digest('base64url').slice(0, 16);
}
