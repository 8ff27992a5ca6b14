import { systemClock } from '../../../../shared/clock.ts';
import { isFloorInFuture } from '../../../../shared/load/floor.ts';
import { asServiceMap, checkServiceMap } from '../../../../shared/map/service-map.ts';
import { parseStrictJson } from '../../../../shared/map/strict-json.ts';
import type { SourceSummary, StoredSource } from '../../../../shared/protocol/writer-messages.ts';
import { readKeyDocument } from '../../../../shared/signatures/key-document.ts';
import type { WriterClient } from '../../../writer/writer-client.ts';

/** How far in the future the date of a map may be. This is the default of the option `maxClockSkewMs`. */
const MAX_SKEW_MS = 300_000;

/** What the store knows about a source of maps. Instants are in epoch milliseconds; null means unknown. */
export interface KnownSource {
  readonly key: string;
  /** URL of the source, without its query. Null if the source was stored by an earlier version of this package. */
  readonly url: string | null;
  /** The newest `generatedAt` that was accepted. Older maps are refused. */
  readonly floor: number | null;
  /** Whether the floor is so far in the future that every map is refused for now. */
  readonly isFloorAhead: boolean;
  readonly map: { readonly generatedAt: number; readonly expiresAt: number | null; readonly savedAt: number } | null;
  /**
   * Whether a map of this source was accepted because of its signatures. Since then, a map without enough signatures is
   * refused.
   */
  readonly seenSigned: boolean;
  readonly mapId: string | null;
  readonly keyDocument: { readonly version: number; readonly expiresAt: number | null } | null;
}

/** Returns the latest `generatedAt` that would be accepted now. */
export function latestFloorMs(): number {
  return systemClock.now() + MAX_SKEW_MS;
}

/** Reads all sources that are in the store. */
export async function knownSources(writer: WriterClient): Promise<readonly KnownSource[]> {
  const known: KnownSource[] = [];
  for (const summary of await writer.ask((api) => api.readSources())) {
    // The sources are read one after the other, because each may have a large map.
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

/** Returns when the stored map expires; null if there is no map, or the map cannot be read. */
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
