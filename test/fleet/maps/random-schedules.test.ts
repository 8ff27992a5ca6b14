import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { MAP_NAME, MapHost, mapKeys, mapOf } from '../../helpers/fleet/map-host.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

interface Written {
  readonly generatedAtMs: number;
  readonly by: string;
  readonly fence: number;
}

type Step =
  | { readonly kind: 'publish' | 'confirm' | 'step-down'; readonly host: number }
  | { readonly kind: 'lose-messages' | 'lapse' | 'pause' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('publish' as const), host: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('confirm' as const), host: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('step-down' as const), host: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.constantFrom('lose-messages', 'lapse', 'pause').map((kind) => ({ kind })) },
);

describe.skipIf(!hasRedis)('random actions of two hosts that share a map', () => {
  let server: RedisServer;
  const hosts: MapHost[] = [];
  /** Survives a retry of the test. The hosts would not publish maps that are older than those of the first try. */
  let generation = 0;

  beforeAll(async () => {
    server = await RedisServer.start();
    for (const hostId of ['one', 'two']) hosts.push(await MapHost.follow(server.port, hostId));
    await eventually('one leads', () => hosts.some(({ isLeading }) => isLeading));
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    await server[Symbol.asyncDispose]();
  });

  it('whatever two hosts do at the same time, only the holder of a lease publishes, and never an older map', async () => {
    const heads: Written[] = [];
    const client = server.client();
    await client.connect();
    // The commands of scripts as the server itself reports them, in order.
    const monitor = await client.monitor();
    monitor.on('monitor', (_time: string, [command, channel, message = '']: readonly string[]) => {
      const field = (name: string): string => new RegExp(`"${name}":"?([^",]+)`).exec(message)?.[1] ?? '';
      if (command !== 'publish' || channel !== mapKeys.news || !message.startsWith('{')) return;
      heads.push({ generatedAtMs: Number(field('generatedAtMs')), by: field('by'), fence: Number(field('fence')) });
    });
    const outcomes = new Map<string, string>();
    const publish = async (host: MapHost | undefined): Promise<void> => {
      generation += 1;
      const map = mapOf(generation);
      // The other host publishes the same map at the same time.
      const rivals = [host, ...hosts.filter((other) => other !== host)];
      const said = await Promise.all(rivals.map((rival) => rival?.publish(map)));
      expect(said.filter((outcome) => outcome === 'done').length).toBeLessThanOrEqual(1);
      outcomes.set(map.sha256, said.join(' '));
    };
    const perform = async (given: Step): Promise<void> => {
      if (given.kind === 'publish') await publish(hosts[given.host]);
      else if (given.kind === 'confirm') await hosts[given.host]?.api.confirmMap(MAP_NAME, mapOf(generation).sha256);
      else if (given.kind === 'step-down') await hosts[given.host]?.api.stepDown(MAP_NAME);
      else if (given.kind === 'lose-messages') await server.do('CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', 'yes');
      else if (given.kind === 'lapse') await server.do('DEL', mapKeys.lease);
      else await eventually('one leads', () => hosts.some(({ isLeading }) => isLeading), 12_000);
    };
    const endsAt = performance.now() + 30_000;
    const schedule = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      if (performance.now() > endsAt) return;
      // Without a leader, no step publishes a map. On a busy machine, that could last for most of the test.
      await perform({ kind: 'pause' });
      // Two actions run at the same time, so that they overlap.
      for (let at = 0; at < steps.length; at += 2) await Promise.all(steps.slice(at, at + 2).map(perform));
    });
    await fc.assert(schedule, { numRuns: 200, endOnFailure: true });
    monitor.disconnect();
    client.disconnect();
    expect(heads.length).toBeGreaterThan(5);
    let newest = 0;
    const fences = new Map<number, string>();
    for (const { generatedAtMs, by, fence } of heads) {
      expect(generatedAtMs).toBeGreaterThanOrEqual(newest);
      newest = generatedAtMs;
      // A fence belongs to one host.
      expect(fences.get(fence) ?? by).toBe(by);
      fences.set(fence, by);
    }
    expect([...outcomes.values()].some((outcome) => outcome.includes('done'))).toBe(true);
  });
});
