import { systemClock } from '../../../../shared/clock.ts';
import { isFloorInFuture } from '../../../../shared/load/floor.ts';
import { asServiceMap, checkServiceMap } from '../../../../shared/map/service-map.ts';
import { parseStrictJson } from '../../../../shared/map/strict-json.ts';
import type { SourceSummary, StoredSource } from '../../../../shared/protocol/writer-messages.ts';
import { readKeyDocument } from '../../../../shared/signatures/key-document.ts';
import type { WriterClient } from '../../../writer/writer-client.ts';

/** How far ahead of the clock a map may be dated: the default of the option `maxClockSkewMs`. */
const MAX_SKEW_MS = 300_000;

/** What the store remembers of a source. Instants are epoch ms; null if unknown. */
export interface KnownSource {
  readonly key: string;
  /** Without its query; null for a source that an earlier version stored. */
  readonly url: string | null;
  /** The highest `generatedAt` that was accepted: older maps are refused. */
  readonly floor: number | null;
  /** Whether the floor is later than the clock allows, so that every map is refused for now. */
  readonly isFloorAhead: boolean;
  readonly map: { readonly generatedAt: number; readonly expiresAt: number | null; readonly savedAt: number } | null;
  /** Whether a map with enough signatures was once accepted, so that maps without them are refused. */
  readonly seenSigned: boolean;
  readonly mapId: string | null;
  readonly keyDocument: { readonly version: number; readonly expiresAt: number | null } | null;
}

/** Returns the latest instant that a map may be dated to now. */
export function latestFloorMs(): number {
  return systemClock.now() + MAX_SKEW_MS;
}

/** Reads every source that the store knows. */
export async function knownSources(writer: WriterClient): Promise<readonly KnownSource[]> {
  const known: KnownSource[] = [];
  for (const summary of await writer.ask((api) => api.readSources())) {
    // The bodies are read one after the other: each may be large.
    known.push(knownSource(summary, await writer.readSource(summary.storeKey)));
  }
  return known;
}

function knownSource(summary: SourceSummary, stored: StoredSource): KnownSource {
  const { storeKey, url, floorMs, seenSigned, mapId, keyVersion, generatedAtMs, savedAtMs } = summary;
  return {
    key: storeKey,
    url,
    floor: floorMs,
    isFloorAhead: floorMs !== null && isFloorInFuture(floorMs, systemClock.now(), MAX_SKEW_MS),
    map:
      generatedAtMs === null || savedAtMs === null
        ? null
        : { generatedAt: generatedAtMs, expiresAt: expiryOf(stored), savedAt: savedAtMs },
    seenSigned,
    mapId,
    keyDocument: keyVersion === null ? null : { version: keyVersion, expiresAt: keysExpiryOf(stored) },
  };
}

/** Returns when the stored map expires; null if it cannot be read. */
function expiryOf({ map }: StoredSource): number | null {
  if (map === null) return null;
  try {
    return checkServiceMap(asServiceMap(parseStrictJson(map.body)), Number.POSITIVE_INFINITY).expiresAtMs;
  } catch {
    return null;
  }
}

function keysExpiryOf({ keyDocument }: StoredSource): number | null {
  try {
    return keyDocument === null ? null : readKeyDocument(keyDocument).expiresAtMs;
  } catch {
    return null;
  }
}
