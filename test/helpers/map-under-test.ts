import {
  ConnectorProxyManager,
  type ConnectorProxyManagerOptions,
  getConnectorMetricsRegistry,
} from '../../src/main/index.ts';
import { secret } from './evidence.ts';
import { type LogLine, recordingLogger } from './log.ts';
import { entry, type Json, KEY, mapOf, signed } from './signed-map.ts';

/** A manager with a map whose connectors are all disabled, so that only loading the map can fail. */
export interface MapUnderTest extends AsyncDisposable {
  readonly manager: ConnectorProxyManager;
  readonly lines: readonly LogLine[];
  /** Log lines of level warn or error that have a code, in the form `event code`. */
  readonly complaints: () => string[];
  /** Delays that the manager requested between its attempts, in milliseconds. The test does not really wait. */
  readonly pauses: readonly number[];
}

/** Creates a connector that is in the map but never connected. */
export const off = (id: string, overrides: Json = {}): Json & { id: string } =>
  entry(id, { status: 'disabled', ...overrides });

let lastGeneratedAtMs = 0;

/** Creates a signed map of these connectors. Its date is the current time, but later than that of all earlier maps. */
export function mapNow(
  connectors: readonly Json[] = [off('a'), off('b')],
  overrides: Json = {},
): Uint8Array<ArrayBuffer> {
  lastGeneratedAtMs = Math.max(Date.now(), lastGeneratedAtMs + 1);
  return signed(mapOf(connectors, { generatedAt: new Date(lastGeneratedAtMs).toISOString(), ...overrides }));
}

/** Creates a manager that has not synced yet. */
export function mapUnderTest(url: string, options: Partial<ConnectorProxyManagerOptions> = {}): MapUnderTest {
  const logger = recordingLogger();
  const pauses: number[] = [];
  const manager = new ConnectorProxyManager({
    serviceMapUrl: `${url}?token=${secret('query')}`,
    signatureKey: KEY,
    apiKey: secret('map'),
    logger,
    timeoutMs: 300,
    sleep: async (ms) => void pauses.push(ms),
    offload: 'never',
    proxy: false,
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 1_000 },
    ...options,
  });
  const complaints = (): string[] =>
    logger.lines
      .filter(({ level, fields }) => (level === 'warn' || level === 'error') && fields.code !== undefined)
      .map(({ fields }) => `${fields.event} ${fields.code}`);
  return { manager, lines: logger.lines, complaints, pauses, [Symbol.asyncDispose]: () => manager.close() };
}

/** Returns the value of a counter with these labels; 0 if there is no such value. */
export async function counterOf(name: string, labels: Readonly<Record<string, string>>): Promise<number> {
  const metric = await getConnectorMetricsRegistry().getSingleMetric(name)?.get();
  const found = metric?.values.find((value) =>
    Object.entries(labels).every(([label, text]) => value.labels[label] === text),
  );
  return found?.value ?? 0;
}
