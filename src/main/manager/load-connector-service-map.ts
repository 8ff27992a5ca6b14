import { ConnectorManifestError, fromWireError, SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry, ServiceMapHeader } from '../../shared/map/service-map.ts';
import { createMainAgent } from '../http/main-agent.ts';
import type { ConnectorProxyManagerOptions, SignedMapManagerOptions } from '../options/manager-options.ts';
import { type ResolvedOptions, resolveOptions } from '../options/options.ts';
import { CurrentMap } from '../service-map/current-map.ts';
import { createMapLoader } from '../service-map/loading/map-loader.ts';
import type { Snapshot } from '../service-map/snapshot.ts';
import { forgetfulMapMemory } from '../state-dir/map-memory.ts';

/** The names of the manager options that `loadConnectorServiceMap` accepts. */
type MapOptionNames =
  | 'serviceMapUrl'
  | 'signatureKey'
  | 'signatureKeys'
  | 'threshold'
  | 'accept'
  | 'mapId'
  | 'keyDocuments'
  | 'minVersion'
  | 'maxStaleMs'
  | 'apiKey'
  | 'fetchImpl'
  | 'agent'
  | 'tls'
  | 'proxy'
  | 'timeoutMs'
  | 'now'
  | 'clock'
  | 'maxMapBytes'
  | 'maxConnectors'
  | 'maxClockSkewMs';

/** The manager options that concern the service map. */
export type LoadServiceMapOptions = Pick<ConnectorProxyManagerOptions, MapOptionNames>;

/** Like {@link LoadServiceMapOptions}, for a map that is signed with public keys. `signatureKey` is then optional. */
export type LoadSignedMapOptions = Pick<SignedMapManagerOptions, MapOptionNames>;

/** A verified map. */
export interface LoadedServiceMap {
  readonly payload: ServiceMapHeader & { readonly connectors: readonly ConnectorEntry[] };
  /** Time at which the map expires, in epoch milliseconds: `generatedAt + ttlSeconds`. */
  readonly expiresAtMs: number;
}

/**
 * Fetches and verifies a service map once, without a manager. It runs on the calling thread, so it is meant for
 * scripts. A host that must not block its event loop should use a manager. Rejects with a ConnectorManifestError.
 */
export async function loadConnectorServiceMap(
  given: LoadServiceMapOptions | LoadSignedMapOptions,
): Promise<LoadedServiceMap> {
  const resolved = resolveHere(given);
  const mainAgent = createMainAgent(resolved.network);
  const [options] = resolved.maps;
  if (options === undefined) throw new Error('Internal error: options with a serviceMapUrl gave no map');
  let snapshot: Snapshot | null = null;
  const map = new CurrentMap(options, {
    ...resolved,
    loader: createMapLoader({ ...resolved, mainAgent }),
    memory: forgetfulMapMemory,
    watcher: null,
    onSnapshot: (accepted) => {
      snapshot = accepted;
    },
    onFresh: () => {},
    onAlarm: () => {},
    onLoad: () => {},
  });
  try {
    const outcome = await map.load(new AbortController().signal);
    if (outcome.kind === 'failed') throw fromWireError(outcome.error, ConnectorManifestError);
    return payloadOf(snapshot ?? map.snapshot);
  } finally {
    map.close();
    await mainAgent.destroy();
  }
}

function payloadOf(snapshot: Snapshot): LoadedServiceMap {
  if (snapshot.header === null) throw new Error('Internal error: a load that succeeded gave no map header');
  return { payload: { ...snapshot.header, connectors: snapshot.entries() }, expiresAtMs: snapshot.expiresAtMs };
}

/**
 * Resolves the options. Rethrows every option error as a ConnectorManifestError, because callers of this function catch
 * that class.
 */
function resolveHere(options: LoadServiceMapOptions | LoadSignedMapOptions): ResolvedOptions {
  try {
    return resolveOptions({ ...options, offload: 'never' });
  } catch (error) {
    if (!(error instanceof SwitchyardError)) throw error;
    throw new ConnectorManifestError(error.code, error.message, { cause: error, detail: error.detail });
  }
}
