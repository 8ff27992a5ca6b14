import { DEFAULT_SOURCE, type Limits } from './option-checks.ts';
import { askForHeader, askForKey, type Secret } from './secrets.ts';

/** One service map of several. */
export interface ServiceMapSourceOptions {
  /** Names it in status, logs and events: 1 to 64 of `A-Z a-z 0-9 . _ -`, unique, not `default`. */
  readonly id: string;
  /** Where the signed map is, http or https. */
  readonly url: string;
  /** The HMAC key it is signed with. */
  readonly signatureKey: Secret;
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

/** What is to be known of one service map. */
export interface MapOptions {
  readonly id: string;
  readonly url: string;
  readonly signatureKey: () => Promise<string>;
  readonly apiKey: () => Promise<string | null>;
  readonly connectorsApiKey: () => Promise<string | null>;
  readonly refreshIntervalMs: number;
  readonly limits: MapLimits;
}

type MapLimits = Pick<Limits, 'timeoutMs' | 'maxMapBytes' | 'maxConnectors' | 'maxClockSkewMs'>;

/** The parts of a manager's options that say where its maps are. */
interface MapChoice {
  readonly serviceMapUrl?: string | undefined;
  readonly signatureKey?: Secret | undefined;
  readonly apiKey?: Secret | undefined;
  readonly connectorsApiKey?: Secret | undefined;
  readonly sources?: readonly ServiceMapSourceOptions[] | undefined;
}

/** The maps that checked options name, that of `serviceMapUrl` first, with the defaults that they share. */
export function resolveMaps(
  options: MapChoice,
  defaults: { readonly limits: Limits; readonly refreshIntervalMs: number },
): readonly MapOptions[] {
  const { serviceMapUrl: url, signatureKey = '', apiKey, connectorsApiKey, sources = [] } = options;
  const first = url === undefined ? [] : [{ id: DEFAULT_SOURCE, url, signatureKey, apiKey, connectorsApiKey }];
  return [...first, ...sources].map((source: ServiceMapSourceOptions): MapOptions => {
    const { timeoutMs, maxMapBytes, maxConnectors, maxClockSkewMs } = defaults.limits;
    return {
      id: source.id,
      url: source.url,
      signatureKey: () => askForKey(source.signatureKey),
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
