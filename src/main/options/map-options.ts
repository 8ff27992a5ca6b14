import { DEFAULT_SOURCE, type Limits } from './option-checks.ts';
import { askForHeader, type Secret } from './secrets.ts';
import type { KeySetSource } from './trust/key-set-source.ts';
import { type HmacKeys, type MapTrust, resolveTrust, type TrustOptions } from './trust/trust-options.ts';

/** One service map of several. */
export interface ServiceMapSourceOptions extends TrustOptions {
  /** Names it in status, logs and events: 1 to 64 of `A-Z a-z 0-9 . _ -`, unique, not `default`. */
  readonly id: string;
  /** Where the signed map is, http or https. */
  readonly url: string;
  /** The HMAC key it is signed with; several while the key is rotated, the newest first. */
  readonly signatureKey: HmacKeys;
  /** Sent as `Authorization: Bearer` with the request for it. */
  readonly apiKey?: Secret | undefined;
  /** The key for those of its connectors whose `auth` asks for one. No other key is ever sent to them. */
  readonly connectorsApiKey?: Secret | undefined;
  /** The manager's by default, like the three below. */
  readonly timeoutMs?: number | undefined;
  readonly refreshIntervalMs?: number | undefined;
  readonly maxMapBytes?: number | undefined;
  readonly maxConnectors?: number | undefined;
}

/** One service map of several, which public keys sign. */
export interface SignedMapSourceOptions extends Omit<ServiceMapSourceOptions, 'signatureKey'> {
  readonly signatureKey?: HmacKeys | undefined;
  readonly signatureKeys: KeySetSource;
}

/** What is to be known of one service map. */
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

/** The parts of a manager's options that say where its maps are. */
interface MapChoice extends TrustOptions {
  readonly serviceMapUrl?: string | undefined;
  readonly signatureKey?: HmacKeys | undefined;
  readonly apiKey?: Secret | undefined;
  readonly connectorsApiKey?: Secret | undefined;
  readonly sources?: readonly (ServiceMapSourceOptions | SignedMapSourceOptions)[] | undefined;
}

type AnySource = Omit<ServiceMapSourceOptions, 'signatureKey'> & Pick<MapChoice, 'signatureKey'>;

/** The maps that checked options name, that of `serviceMapUrl` first, with the defaults that they share. */
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

/** The sources that options name, each with the place of its options for messages. */
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
