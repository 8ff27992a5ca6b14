import { deadline, raceSignal } from '../../../shared/clock.ts';
import { ConnectorManifestError, messageOf, SwitchyardError } from '../../../shared/errors.ts';
import type { NetworkSettings } from '../../../shared/net/network.ts';
import { type AcquiredBody, type LoadTask, PROTOCOL_VERSION } from '../../../shared/protocol/thread-messages.ts';
import type { SignatureTrust, TrustedKey } from '../../../shared/signatures/trust.ts';
import type { MapOptions } from '../../options/map-options.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Lineage } from '../trust/lineage.ts';

/** The secrets for one load, as the host's functions and files returned them. */
export interface AskedSecrets {
  /** The HMAC keys, newest first; empty if the source needs none. */
  readonly hmacKeys: readonly string[];
  /** The configured public keys; empty if the source needs none. */
  readonly keySet: readonly TrustedKey[];
  readonly apiKey: string | null;
}

/**
 * Reads the keys for one load from the host's functions and files. Rejects with SECRET_UNAVAILABLE if a function for a
 * secret fails or is late. Rejects with KEYS_UNAVAILABLE or KEYS_INVALID if the public keys cannot be read.
 */
export async function askForSecrets(options: MapOptions, signal: AbortSignal): Promise<AskedSecrets> {
  try {
    using limit = deadline(options.limits.timeoutMs, () => new Error('it did not answer in time'), signal);
    const { hmacKeys, keySet } = options.trust;
    const asked = Promise.all([hmacKeys(), options.apiKey()]);
    // Secrets and keys are read at the same time, and only the first failure is reported. This handler prevents an
    // unhandled rejection of the second one.
    const keys = raceSignal(keySet(), limit.signal).catch((cause: unknown) => Promise.reject(keysError(cause)));
    const [[hmac, apiKey], publicKeys] = await Promise.all([raceSignal(asked, limit.signal), keys]);
    return { hmacKeys: hmac, keySet: publicKeys, apiKey };
  } catch (cause) {
    if (cause instanceof ConnectorManifestError) throw cause;
    const why = `A function given for signatureKey or apiKey failed: ${messageOf(cause)}`;
    throw new ConnectorManifestError('SECRET_UNAVAILABLE', why, { cause });
  }
}

function keysError(cause: unknown): ConnectorManifestError {
  const code = cause instanceof SwitchyardError && cause.code === 'KEYS_INVALID' ? cause.code : 'KEYS_UNAVAILABLE';
  const why = cause instanceof SwitchyardError ? cause.message : `The public keys are missing: ${messageOf(cause)}`;
  return new ConnectorManifestError(code, why, { cause });
}

export interface LoadTaskParts {
  readonly traceparent: string;
  readonly trust: SignatureTrust;
  readonly apiKey: string | null;
  /** A body from the store or the fleet, which need not be fetched. Null if the load must fetch the body. */
  readonly given: AcquiredBody | null;
  /** Whether `given` was accepted in an earlier run. If so, the map is allowed to have expired. */
  readonly isRemembered: boolean;
  readonly options: MapOptions;
  readonly network: NetworkSettings;
  readonly lineage: Pick<Lineage, 'etag' | 'bodySha256' | 'floorMs'>;
  /** The current map, with which the new map is compared. */
  readonly snapshot: Snapshot;
  readonly nowMs: number;
  /** Whether the load returns the bytes of an accepted map, so that they can be stored or published. */
  readonly wantsBody: boolean;
}

/** Creates the message that tells a thread what to fetch and how to verify it. */
export function createLoadTask(parts: LoadTaskParts): LoadTask {
  const { traceparent, trust, apiKey, given, options, network, lineage, snapshot } = parts;
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
    // The digests are in shared memory and never change. New digests come back with the commit, so a load whose thread
    // dies cannot damage the old ones.
    known: revision === 0 ? null : { bodySha256: bodySha256 ?? '', digests, expiresAtMs },
    policy: {
      trust,
      nowMs: parts.nowMs,
      floorMs: lineage.floorMs,
      maxSkewMs: limits.maxClockSkewMs,
      maxConnectors: limits.maxConnectors,
      allowExpired: parts.isRemembered,
      maxStaleMs: options.trust.maxStaleMs,
    },
    wantsBody: parts.wantsBody,
  };
}
