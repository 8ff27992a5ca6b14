/**
 * Lists the tools of some servers once, in a separate process: `node trips-process.ts WAY JOB`, where JOB is JSON.
 * Prints a ListingSample.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** The servers whose tools are listed. The configuration file lists the same servers as `urls`. */
export interface TripTargets {
  readonly urls: readonly string[];
  readonly configFile: string;
}

export interface TripsJob {
  readonly targets: TripTargets;
  /** Servers that are listed before the measurement, so that all code is loaded; null to measure a cold start. */
  readonly warmUp: TripTargets | null;
  /** URL of the library's entry file in the built package. */
  readonly library: string;
  /** State folder; null to run without one. */
  readonly stateDir: string | null;
  /** A map of the same servers, to use in place of the configuration file; null to use the file. */
  readonly map: { readonly serviceMapUrl: string; readonly signatureKey: string } | null;
}

export interface ListingSample {
  /** Time until all tools are listed. */
  readonly tookMs: number;
  /** Processor time of the whole process until all tools are listed. */
  readonly cpuMs: number;
}

/** Lists all tools. Resolves with a function that closes the clients. */
type Listing = (targets: TripTargets, options: object) => Promise<() => Promise<void>>;

const PATIENCE_MS = 30_000;
const INFO = { name: 'bench', version: '1.0.0' };

const [way = '', text = '{}'] = process.argv.slice(2);
const job = JSON.parse(text) as TripsJob;

const WAYS: Readonly<Record<string, () => Promise<Listing>>> = {
  'SDK 2.x': async () => {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
    return ofEach(async (url) => {
      const client = new Client(INFO, { versionNegotiation: { mode: 'auto' } });
      await client.connect(new StreamableHTTPClientTransport(url));
      await client.listTools();
    });
  },
  'SDK 1.x': async () => {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    return ofEach(async (url) => {
      const client = new Client(INFO);
      await client.connect(new StreamableHTTPClientTransport(url) as Parameters<typeof client.connect>[0]);
      await client.listTools();
    });
  },
  switchyard: async () => {
    const { ConnectorProxyManager } = (await import(job.library)) as typeof import('../../src/main/index.ts');
    return async ({ urls, configFile }, options) => {
      const manager = new ConnectorProxyManager({ configFile, proxy: false, ...options });
      const synced = manager.sync();
      const endsAt = performance.now() + PATIENCE_MS;
      // Waits until connectors are ready, because tools that the manager remembers do not count.
      while (manager.status().connectors.filter(({ state }) => state === 'ready').length < urls.length) {
        if (performance.now() > endsAt) throw new Error(JSON.stringify(manager.status().connectors));
        await sleep(2);
      }
      return async () => {
        await synced;
        await manager.close();
      };
    };
  },
};

function ofEach(list: (url: URL) => Promise<void>): Listing {
  return async ({ urls }) => {
    await Promise.all(urls.map((url) => list(new URL(url))));
    return async () => {};
  };
}

const prepare = WAYS[way];
if (prepare === undefined) throw new Error(`Unknown way "${way}"`);
const list = await prepare();
if (job.warmUp !== null) await (await list(job.warmUp, {}))();
const before = process.cpuUsage();
const startedMs = performance.now();
const finish = await list(job.targets, {
  ...(job.stateDir !== null && { stateDir: job.stateDir }),
  ...(job.map !== null && { configFile: undefined, ...job.map }),
});
const tookMs = performance.now() - startedMs;
const { user, system } = process.cpuUsage(before);
const sample: ListingSample = { tookMs, cpuMs: (user + system) / 1_000 };
await finish();
process.stdout.write(JSON.stringify(sample), () => process.exit());
