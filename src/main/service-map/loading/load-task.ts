import { createHash } from 'node:crypto';
import { deadline, raceSignal } from '../../../shared/clock.ts';
import { ConnectorManifestError, messageOf } from '../../../shared/errors.ts';
import type { NetworkSettings } from '../../../shared/net/network.ts';
import { type AcquiredBody, type LoadTask, PROTOCOL_VERSION } from '../../../shared/protocol/thread-messages.ts';
import { hmacTrust } from '../../../shared/signatures/trust.ts';
import type { MapOptions } from '../../options/map-options.ts';
import type { Snapshot } from '../snapshot.ts';

/** What is known of the maps of one URL under one signature key. Another URL or key starts from nothing. */
export interface Lineage {
  /** Under which the store keeps the map; see {@link storeKeyOf}. */
  readonly storeKey: string;
  readonly etag: string | null;
  readonly bodySha256: string | null;
  /** Whether the store has been read; until then it is asked again before each load. */
  readonly isRemembered: boolean;
}

/** A lineage of which nothing is known yet. */
export function newLineage(storeKey: string): Lineage {
  return { storeKey, etag: null, bodySha256: null, isRemembered: false };
}

/**
 * SHA-256, hex, of the URL of a map and the key that it is signed with. Not the id of a source, which a host chooses.
 */
export function storeKeyOf(url: string, signatureKey: string): string {
  return createHash('sha256').update(`${url}\0${signatureKey}`).digest('hex');
}

/**
 * The secrets for one load, asked of the host's functions. Rejects with SECRET_UNAVAILABLE where one fails or is late.
 */
export async function askForSecrets(
  options: MapOptions,
  signal: AbortSignal,
): Promise<{ readonly signatureKey: string; readonly apiKey: string | null }> {
  try {
    using limit = deadline(options.limits.timeoutMs, () => new Error('it did not answer in time'), signal);
    const asked = Promise.all([options.signatureKey(), options.apiKey()]);
    const [signatureKey, apiKey] = await raceSignal(asked, limit.signal);
    return { signatureKey, apiKey };
  } catch (cause) {
    const why = `A function given for signatureKey or apiKey failed: ${messageOf(cause)}`;
    throw new ConnectorManifestError('SECRET_UNAVAILABLE', why, { cause });
  }
}

export interface LoadTaskParts {
  readonly traceparent: string;
  readonly signatureKey: string;
  readonly apiKey: string | null;
  /** A remembered map that is to be verified again; null to fetch one. */
  readonly given: AcquiredBody | null;
  readonly options: MapOptions;
  readonly network: NetworkSettings;
  readonly lineage: Lineage;
  /** The map in force, which the new one is compared with. */
  readonly snapshot: Snapshot;
  /** The newest `generatedAt` accepted so far; null before the first map. */
  readonly floorMs: number | null;
  readonly nowMs: number;
  /** Whether the bytes of an accepted map are wanted back, to be stored. */
  readonly wantsBody: boolean;
}

/** The message that tells whichever thread loads a map what to fetch and how to judge it. */
export function createLoadTask(parts: LoadTaskParts): LoadTask {
  const { traceparent, signatureKey, apiKey, given, options, network, lineage, snapshot } = parts;
  const { url, limits } = options;
  const { etag, bodySha256 } = lineage;
  const { revision, digests, expiresAtMs } = snapshot;
  return {
    version: PROTOCOL_VERSION,
    traceparent,
    request: {
      url,
      headers: apiKey === null ? {} : { Authorization: `Bearer ${apiKey}` },
      etag,
      timeoutMs: limits.timeoutMs,
      maxBytes: limits.maxMapBytes,
    },
    network,
    given,
    // The digests are shared and never change. New ones come back with the commit, so a load that dies breaks nothing.
    known: revision === 0 ? null : { bodySha256: bodySha256 ?? '', digests, expiresAtMs },
    policy: {
      trust: hmacTrust(signatureKey),
      nowMs: parts.nowMs,
      floorMs: parts.floorMs,
      maxSkewMs: limits.maxClockSkewMs,
      maxConnectors: limits.maxConnectors,
      allowExpired: given !== null,
      maxStaleMs: null,
    },
    wantsBody: parts.wantsBody,
  };
}
