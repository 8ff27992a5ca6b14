import { createMainAgent } from '../../src/main/http/main-agent.ts';
import type { MapOptions } from '../../src/main/options/map-options.ts';
import { resolveNetwork } from '../../src/main/options/network-options.ts';
import { resolveTrust } from '../../src/main/options/trust/trust-options.ts';
import { createMapLoader } from '../../src/main/service-map/loading/map-loader.ts';
import { ServiceMapSource, type SourceDeps } from '../../src/main/service-map/service-map-source.ts';
import { forgetfulMapMemory } from '../../src/main/state-dir/map-memory.ts';
import { systemRandom } from '../../src/shared/clock.ts';
import { recordingLogger } from './log.ts';
import { type Json, KEY, mapOf, NOW, signed } from './signed-map.ts';

/** A source of one service map. The test sets its responses, and no socket is opened. */
export interface ScriptedMapSource {
  readonly source: ServiceMapSource;
  readonly logger: ReturnType<typeof recordingLogger>;
  /** Sets the response to all later requests: the connectors of a map newer than all earlier maps, or a status. */
  answer(content: readonly Json[] | number, overrides?: Json): void;
  /** Returns the number of requests. */
  requests(): number;
}

export function scriptedMapSource(
  id = 'default',
  deps: Partial<SourceDeps> = {},
  options: Partial<MapOptions> = {},
): ScriptedMapSource {
  const logger = recordingLogger();
  let status = 500;
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  let generatedAtMs = NOW - 60_000;
  let requests = 0;
  const fetchMap = async () => {
    requests += 1;
    const body = (async function* () {
      yield bytes;
    })();
    return { status, headers: { get: () => null }, body };
  };
  const source = new ServiceMapSource(
    {
      id,
      url: `http://maps.test/${id}?token=hidden`,
      trust: resolveTrust({ signatureKey: KEY }),
      apiKey: async () => null,
      connectorsApiKey: async () => null,
      refreshIntervalMs: 1_000,
      limits: { timeoutMs: 1_000, maxMapBytes: 1e6, maxConnectors: 1_000, maxClockSkewMs: 0 },
      ...options,
    },
    {
      clock: { now: () => NOW },
      elapsedMs: () => NOW,
      sleep: async () => {},
      logger,
      network: { id: 'plain', tls: null, proxy: null },
      loader: createMapLoader({
        offload: 'never',
        logger,
        fetchMap,
        agent: null,
        mainAgent: createMainAgent(resolveNetwork(undefined, false, {})),
      }),
      memory: forgetfulMapMemory,
      fleet: null,
      random: systemRandom,
      onSnapshot: () => {},
      onFresh: () => {},
      onAlone: () => {},
      onAlarm: () => {},
      onLoad: () => {},
      onRefresh: () => {},
      ...deps,
    },
  );
  return {
    source,
    logger,
    answer(content, overrides = {}) {
      status = typeof content === 'number' ? content : 200;
      generatedAtMs += 1;
      if (typeof content !== 'number')
        bytes = signed(mapOf(content, { generatedAt: new Date(generatedAtMs).toISOString(), ...overrides }));
    },
    requests: () => requests,
  };
}
