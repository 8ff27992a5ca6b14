import { DEFAULT_SOURCE, type Limits } from './option-checks.ts';
import { askForHeader, type Secret } from './secrets.ts';
import type { KeySetSource } from './trust/key-set-source.ts';
import { type HmacKeys, type MapTrust, resolveTrust, type TrustOptions } from './trust/trust-options.ts';

/** Options of one service map among several. */
export interface ServiceMapSourceOptions extends TrustOptions {
  /** Names the map in status, logs and events: 1 to 64 of `A-Z a-z 0-9 . _ -`, unique, not `default`. */
  readonly id: string;
  /** URL of the signed map, http or https. */
  readonly url: string;
  /** The HMAC key that the map is signed with; several during a rotation, the newest first. */
  readonly signatureKey: HmacKeys;
  /** Sent as `Authorization: Bearer` with the request for the map. */
  readonly apiKey?: Secret | undefined;
  /** The key for connectors of this map whose `auth` requires a key. No other key is ever sent to them. */
  readonly connectorsApiKey?: Secret | undefined;
  /** Defaults to the manager's option of the same name, as do the three options below. */
  readonly timeoutMs?: number | undefined;
  readonly refreshIntervalMs?: number | undefined;
  readonly maxMapBytes?: number | undefined;
  readonly maxConnectors?: number | undefined;
}

/** Options of one service map among several, for a map that is signed with public keys. */
export interface SignedMapSourceOptions extends Omit<ServiceMapSourceOptions, 'signatureKey'> {
  readonly signatureKey?: HmacKeys | undefined;
  readonly signatureKeys: KeySetSource;
}

/** The resolved options of one service map. */
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

/** The options of a manager that say where its maps are. */
interface MapChoice extends TrustOptions {
  readonly serviceMapUrl?: string | undefined;
  readonly signatureKey?: HmacKeys | undefined;
  readonly apiKey?: Secret | undefined;
  readonly connectorsApiKey?: Secret | undefined;
  readonly sources?: readonly (ServiceMapSourceOptions | SignedMapSourceOptions)[] | undefined;
}

type AnySource = Omit<ServiceMapSourceOptions, 'signatureKey'> & Pick<MapChoice, 'signatureKey'>;

/** Resolves the maps that checked options name, the map of `serviceMapUrl` first, with their shared defaults. */
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

/** Lists the sources that options name, each with the path of its options for error messages. */
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
