import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { type ManagedMap, manage } from '../../helpers/manager.ts';
import { entry } from '../../helpers/signed-map.ts';
import { Authority } from '../../helpers/tls-server.ts';
import { TripServer, type TripServerOptions } from '../../helpers/trip-server.ts';

const authority = await Authority.create();
const leaf = await authority.sign();

/** Delay of each response, in ms. In this time, another connection can be established, even over TLS. */
const DELAY_MS = 150;

const SCHEMES: readonly [string, Pick<TripServerOptions, 'tls'>][] = [
  ['http', {}],
  ['https', { tls: leaf }],
];

let open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.reverse()) await each[Symbol.asyncDispose]();
  open = [];
});

async function serve(options: TripServerOptions): Promise<TripServer> {
  const server = await TripServer.start(options);
  open.push(server);
  return server;
}

async function bringUp(server: TripServer, overrides: Record<string, unknown> = {}, count = 1): Promise<ManagedMap> {
  const connectors = Array.from({ length: count }, (_, index) =>
    entry(`c${index}`, { endpoint: server.url, ...overrides }),
  );
  const managed = await manage(connectors, { tls: { ca: authority.cert } });
  open.push(managed);
  await managed.manager.sync();
  await eventually('all tools are listed', () => managed.manager.listTools().length === count);
  return managed;
}

describe.each(SCHEMES)('a connector that comes up over %s', (_, scheme) => {
  it('a connector opens at most two connections while it comes up', async () => {
    const server = await serve({ era: 'legacy', ...scheme });
    await bringUp(server, { era: 'legacy' });
    expect(server.methods.toSorted()).toEqual(['initialize', 'notifications/initialized', 'tools/list']);
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it('a connector comes up in two round trips if its server is configured as legacy', async () => {
    const server = await serve({ era: 'legacy', delayMs: DELAY_MS, ...scheme });
    await bringUp(server, { era: 'legacy' });
    expect([server.sequential, server.connections]).toEqual([2, 2]);
    expect(server.methods).toEqual(['initialize', 'notifications/initialized', 'tools/list']);
  });

  it('a connector comes up in three round trips if its server is legacy and not yet known', async () => {
    const server = await serve({ era: 'legacy', delayMs: DELAY_MS, ...scheme });
    await bringUp(server);
    expect([server.sequential, server.connections]).toEqual([3, 2]);
    expect(server.count('tools/list')).toBe(2);
  });

  it('a connector comes up in one round trip if its server is modern', async () => {
    const server = await serve({ era: 'modern', delayMs: DELAY_MS, ...scheme });
    const { manager } = await bringUp(server);
    expect([server.sequential, server.connections]).toEqual([1, 2]);
    expect(server.methods.toSorted()).toEqual(['server/discover', 'tools/list']);
    expect(manager.status().connectors[0]).toMatchObject({ state: 'ready', era: 'modern' });
  });

  it('a connector comes up in two round trips if its server is remembered as legacy', async () => {
    const server = await serve({ era: 'legacy', delayMs: DELAY_MS, ...scheme });
    const managed = await bringUp(server);
    server.trips.length = 0;
    await managed.publish([entry('c0', { endpoint: server.url, headers: { 'x-changed': 'yes' } })]);
    await eventually('its tools are listed again', () => server.trips.some(({ method }) => method === 'tools/list'));
    await eventually('all is answered', () => server.trips.every(({ endedMs }) => Number.isFinite(endedMs)));
    expect(server.methods).not.toContain('server/discover');
    expect([server.sequential, server.count('tools/list'), server.connections]).toEqual([2, 1, 2]);
  });
});

describe('sixteen modern connectors of one origin', () => {
  it('sixteen modern connectors of one origin come up in two round trips: four in the first and the others in the second', async () => {
    const server = await serve({ era: 'modern', delayMs: 2 * DELAY_MS });
    await bringUp(server, {}, 16);
    expect([server.sequential, server.count('server/discover')]).toEqual([2, 16]);
  });
});
