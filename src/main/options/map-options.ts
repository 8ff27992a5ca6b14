import { DEFAULT_SOURCE, type Limits } from './option-checks.ts';
import { askForHeader, type Secret } from './secrets.ts';
import type { KeySetSource } from './trust/key-set-source.ts';
import { type HmacKeys, type MapTrust, resolveTrust, type TrustOptions } from './trust/trust-options.ts';

/** Options of one service map in the option `sources`. */
export interface ServiceMapSourceOptions extends TrustOptions {
  /**
   * Name of the map in the status, logs and events: 1 to 64 of the characters `A-Z a-z 0-9 . _ -`. It must be unique,
   * and not `default`.
   */
  readonly id: string;
  /** The http or https URL of the signed service map. */
  readonly url: string;
  /** The HMAC key with which the map is signed. During a rotation, a list of keys, the newest first. */
  readonly signatureKey: HmacKeys;
  /** Key that each request for the map sends as `Authorization: Bearer`. */
  readonly apiKey?: Secret | undefined;
  /** The key for connectors of this map whose `auth` requires a key. These connectors get no other key. */
  readonly connectorsApiKey?: Secret | undefined;
  /** Defaults to the manager's option `timeoutMs`. The next three options also default to the manager's settings. */
  readonly timeoutMs?: number | undefined;
  readonly refreshIntervalMs?: number | undefined;
  readonly maxMapBytes?: number | undefined;
  readonly maxConnectors?: number | undefined;
}

/** Options of one service map in the option `sources`, for a map that is signed with public keys. */
export interface SignedMapSourceOptions extends Omit<ServiceMapSourceOptions, 'signatureKey'> {
  readonly signatureKey?: HmacKeys | undefined;
  readonly signatureKeys: KeySetSource;
}

/** The options of one service map, with all defaults filled in. */
export interface MapOptions {
  readonly id: string;
  readonly url: string;
  readonly trust: MapTrust;
  readonly apiKey: () => Promise<string | null>;
  readonly connectorsApiKey: () => Promise<string | null>;
  readonly refreshIntervalMs: number;
  readonly limits: MapLimits;
}

type MapLimits = Pick<Limits, 'timeoutMs' | 'maxMapBytes' | 'maxConnectors' | 'maxClockSkewMs'>;

/** The options of a manager that define its maps. */
interface MapChoice extends TrustOptions {
  readonly serviceMapUrl?: string | undefined;
  readonly signatureKey?: HmacKeys | undefined;
  readonly apiKey?: Secret | undefined;
  readonly connectorsApiKey?: Secret | undefined;
  readonly sources?: readonly (ServiceMapSourceOptions | SignedMapSourceOptions)[] | undefined;
}

type AnySource = Omit<ServiceMapSourceOptions, 'signatureKey'> & Pick<MapChoice, 'signatureKey'>;

/**
 * Resolves the options of each service map. The map of `serviceMapUrl` comes first. `options` must be checked already.
 */
export function resolveMaps(
  options: MapChoice,
  defaults: { readonly limits: Limits; readonly refreshIntervalMs: number },
): readonly MapOptions[] {
  return listSources(options).map((source): MapOptions => {
    const { timeoutMs, maxMapBytes, maxConnectors, maxClockSkewMs } = defaults.limits;
    return {
      id: source.id,
      url: source.url,
      trust: resolveTrust(source, options),
      apiKey: () => askForHeader(source.apiKey),
      connectorsApiKey: () => askForHeader(source.connectorsApiKey),
      refreshIntervalMs: source.refreshIntervalMs ?? defaults.refreshIntervalMs,
      limits: {
        timeoutMs: source.timeoutMs ?? timeoutMs,
        maxMapBytes: source.maxMapBytes ?? maxMapBytes,
        maxConnectors: source.maxConnectors ?? maxConnectors,
        maxClockSkewMs,
      },
    };
  });
}

/** Lists the service maps of the options. `place` is the prefix for the names of a map's options in error messages. */
export function placedSources(options: MapChoice) {
  const shift = options.serviceMapUrl === undefined ? 0 : 1;
  return listSources(options).map((trust, index) => {
    const place = index < shift ? '' : `sources[${index - shift}].`;
    return { place, id: trust.id, url: trust.url, trust };
  });
}

function listSources(options: MapChoice): readonly AnySource[] {
  const { serviceMapUrl: url, sources = [], apiKey, connectorsApiKey, signatureKey, signatureKeys } = options;
  if (url === undefined) return sources;
  const { threshold, accept, mapId, keyDocuments, minVersion, maxStaleMs } = options;
  const trust = { signatureKey, signatureKeys, threshold, accept, mapId, keyDocuments, minVersion, maxStaleMs };
  return [{ id: DEFAULT_SOURCE, url, apiKey, connectorsApiKey, ...trust }, ...sources];
}
