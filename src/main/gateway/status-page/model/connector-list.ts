import type { ConnectorState } from '../../../connectors/connector-state.ts';
import type { ListedConnector } from '../../../manager/manager-status.ts';
import { type DefinitionKind, DROP_REASONS, type DropReason } from '../../../mcp/definitions/definition.ts';
import type { LatencyView } from '../../call-latencies.ts';
import type { ListQuery } from './list-query.ts';
import { shownAddress, shownMessage, shownName } from './shown-text.ts';
import { STATE_ORDER, STATES } from './state-words.ts';

/** One connector as the page shows it. It contains no secrets, but any of its strings may be hostile. */
export interface ConnectorRow {
  readonly id: string;
  readonly name: string;
  readonly state: ConnectorState;
  /** Epoch ms. */
  readonly since: number;
  readonly why: string;
  /** Origin and path; null for a stdio server. */
  readonly endpoint: string | null;
  /** Null while the connector is not connected. */
  readonly era: string | null;
  readonly transport: string | null;
  /** Number of callable tools. */
  readonly toolCount: number;
  /** Definitions that the connector lists and clients never see. */
  readonly dropped: { readonly count: number; readonly named: readonly DroppedRow[] };
  /** Whether the tools are remembered from an earlier run and have not been listed since. */
  readonly areToolsStale: boolean;
  readonly latency: LatencyView | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
}

/** A definition that is left out, with the reason in words. */
interface DroppedRow {
  readonly kind: DefinitionKind;
  readonly name: string;
  readonly reason: DropReason;
  readonly why: string;
}

/** Maximum number of definitions that a row names, and of characters in a name. */
const MAX_DROPPED_NAMED = 10;
const MAX_DROPPED_LENGTH = 60;

/** One page of the connectors that match a viewer's query. Connectors with problems come first. */
export interface ConnectorList {
  readonly query: ListQuery;
  readonly rows: readonly ConnectorRow[];
  readonly matchingCount: number;
  readonly totalCount: number;
  readonly pageCount: number;
}

/** Facts of a connector other than its status. */
export interface ConnectorFacts {
  readonly endpointOf: (id: string) => string | null;
  readonly latencyOf: (id: string) => LatencyView | null;
}

/**
 * Returns one page of at most `pageRows` connectors. Only these connectors are converted to text. If the query asks for
 * a page after the last one, the last page is returned.
 */
export function listConnectors(
  connectors: readonly ListedConnector[],
  query: ListQuery,
  pageRows: number,
  facts: ConnectorFacts,
): ConnectorList {
  const isMatch = matcher(query);
  const byState = new Map<ConnectorState, ListedConnector[]>(STATE_ORDER.map((state) => [state, []]));
  for (const connector of connectors) if (isMatch(connector)) byState.get(connector.state)?.push(connector);
  const matching = [...byState.values()].flat();
  const pageCount = Math.max(1, Math.ceil(matching.length / pageRows));
  const page = Math.min(query.page, pageCount);
  return {
    query: { ...query, page },
    rows: matching.slice((page - 1) * pageRows, page * pageRows).map((connector) => rowOf(connector, facts)),
    matchingCount: matching.length,
    totalCount: connectors.length,
    pageCount,
  };
}

function matcher({ text, state }: ListQuery): (connector: ListedConnector) => boolean {
  const wanted = text.toLowerCase();
  return (connector) => {
    if (state !== null && connector.state !== state) return false;
    if (wanted === '') return true;
    const { id, name, era, transport, lastError } = connector;
    const texts = [id, name, STATES[connector.state].word, era, transport, lastError?.code];
    return texts.some((held) => held?.toLowerCase().includes(wanted));
  };
}

function rowOf(connector: ListedConnector, { endpointOf, latencyOf }: ConnectorFacts): ConnectorRow {
  const { id, name, state, since, why, era, transport, toolCount, tools, lastError } = connector;
  const endpoint = endpointOf(id);
  return {
    id: shownName(id),
    name: shownName(name),
    state,
    since,
    why: shownMessage(why),
    endpoint: endpoint === null ? null : shownAddress(endpoint),
    era,
    transport,
    toolCount: tools?.count ?? toolCount,
    dropped: droppedOf(connector),
    areToolsStale: tools?.isStale ?? false,
    latency: latencyOf(id),
    lastError: lastError === null ? null : { code: lastError.code, message: shownMessage(lastError.message) },
  };
}

function droppedOf({ droppedDefinitions, droppedDefinitionCount }: ListedConnector): ConnectorRow['dropped'] {
  const named = droppedDefinitions.slice(0, MAX_DROPPED_NAMED).map(({ kind, name, reason }) => {
    return { kind, name: shownName(name, MAX_DROPPED_LENGTH), reason, why: DROP_REASONS[reason] };
  });
  return { count: droppedDefinitionCount, named };
}
