import { createHash } from 'node:crypto';
import type { StatusModel } from '../model/status-reader.ts';
import { renderFleet } from './facts/render-fleet.ts';
import { renderProcess, renderSources } from './facts/render-system.ts';
import { type Html, html } from './html.ts';
import { ONLOOKER, type PageViewer } from './page-viewer.ts';
import { renderNote, renderRow } from './render-connectors.ts';
import { renderCounts, renderVerdict } from './render-overview.ts';

/** A part of the page that is replaced as a whole when its content changes. */
export interface Block {
  readonly kind: 'part' | 'row';
  /** The connector's id for a row; otherwise the name of the part. */
  readonly key: string;
  /**
   * The content, which is compared with the block that was sent before. A block with equal content is not sent again.
   * Relative times are not part of the content, because the browser updates them.
   */
  readonly saying: string;
  /** Whether the content changes with every reading, as gauges do. */
  readonly isGauge: boolean;
  readonly render: () => Html;
}

/**
 * Returns all parts of a page that can change, except events. The result is the same for all viewers with equal rights.
 */
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

/** Returns a stamp of a page's content, to compare two pages. Gauges are not part of it. */
export function stampOf(blocks: readonly Block[]): string {
  const hash = createHash('sha256');
  for (const { saying, isGauge } of blocks) if (!isGauge) hash.update(saying);
  return hash.digest('base64url').slice(0, 16);
}
