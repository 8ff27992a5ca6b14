import type { ConnectorState } from '../../../connectors/connector-state.ts';
import type { FileModel, MapModel } from './map-model.ts';
import type { ShownFailure } from './shown-failure.ts';
import type { Aspect } from './state-words.ts';
import { keysEndSoon } from './trust-model.ts';

/** Summary of the whole gateway. */
export interface Verdict {
  readonly aspect: Exclude<Aspect, 'off'>;
  readonly headline: string;
  /** Further reasons, worst first. */
  readonly reasons: readonly string[];
}

/** Facts from which a verdict is derived. */
export interface VerdictParts {
  readonly isClosed: boolean;
  readonly counts: Readonly<Record<ConnectorState, number>>;
  readonly totalCount: number;
  readonly maps: readonly MapModel[];
  readonly files: readonly FileModel[];
  readonly storeFailure: ShownFailure | null;
  readonly heldTools: number;
  /** Epoch ms. */
  readonly nowMs: number;
}

/** Returns the verdict, with the worst reason first; a disabled connector is not a problem. */
export function verdictOf(parts: VerdictParts): Verdict {
  const stop = stopReasons(parts);
  const caution = cautionReasons(parts);
  const [headline = parts.totalCount === 0 ? 'No connectors' : 'All clear', ...reasons] = [...stop, ...caution];
  const aspect = stop.length > 0 ? 'stop' : caution.length > 0 ? 'caution' : 'clear';
  return { aspect, headline, reasons };
}

function stopReasons({ isClosed, counts, maps, files }: VerdictParts): string[] {
  return [
    isClosed && 'The manager is closed',
    counts.failed > 0 && `${connectors(counts.failed)} failed`,
    counts['backing-off'] > 0 && `${connectors(counts['backing-off'])} down, retrying`,
    ...maps.map((map) => map.freshness === 'none' && noMapReason(map)),
    ...files.map((file) => file.readAt === null && file.lastError !== null && `The ${file.kind} cannot be read`),
  ].filter((reason) => reason !== false);
}

function cautionReasons({ counts, maps, files, storeFailure, heldTools, nowMs }: VerdictParts): string[] {
  return [
    counts['needs-login'] > 0 && `${connectors(counts['needs-login'])} waiting for a login`,
    counts.degraded > 0 && `${connectors(counts.degraded)} degraded`,
    ...maps.map((map) => map.freshness === 'stale' && `The map from ${map.sourceId} is stale`),
    ...maps.flatMap((map) => trustReasons(map, nowMs)),
    ...files.map((file) => file.readAt !== null && file.lastError !== null && `The ${file.kind} cannot be read again`),
    storeFailure !== null && 'The store failed, so nothing survives a restart',
    heldTools > 0 && `${heldTools === 1 ? '1 tool' : `${heldTools} tools`} held back until approved`,
    counts.connecting > 0 && `${connectors(counts.connecting)} coming up`,
  ].filter((reason) => reason !== false);
}

function noMapReason({ sourceId, trust }: MapModel): string {
  if (trust.dropped === null) return `No service map from ${sourceId}`;
  return `The map from ${sourceId} was dropped (${trust.dropped.code})`;
}

function trustReasons({ sourceId, trust }: MapModel, nowMs: number): readonly (string | false)[] {
  return [
    trust.isHmacOnly && `The map from ${sourceId} is signed by its HMAC alone`,
    trust.keyFailure !== null && `Newer keys of ${sourceId} cannot be loaded`,
    keysEndSoon(trust, nowMs) && `Keys of ${sourceId} expire within a week`,
  ];
}

function connectors(count: number): string {
  return count === 1 ? '1 connector' : `${count} connectors`;
}
