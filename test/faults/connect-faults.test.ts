import { Agent } from 'undici';
import { expect, it } from 'vitest';
import { FaultyServer, startBlackHole } from '../helpers/faulty-server.ts';
import { counterOf, type MapUnderTest, mapUnderTest } from '../helpers/map-under-test.ts';

async function failsWith(held: MapUnderTest, code: string): Promise<void> {
  const failures = (): Promise<number> => counterOf('mcp_service_map_refresh_total', { outcome: 'failed', code });
  const before = await failures();
  await expect(held.manager.sync()).rejects.toMatchObject({ name: 'ConnectorManifestError', code });
  expect(held.complaints()).toEqual([`map-refresh-failed ${code}`]);
  expect(await failures()).toBe(before + 1);
}

it('fault 1: a load of a map from a host name that does not exist fails with MAP_DNS', async () => {
  await using held = mapUnderTest('http://x.invalid/map', { timeoutMs: 5_000 });
  await failsWith(held, 'MAP_DNS');
});

it('fault 2: a load of a map from a port on which nothing listens fails with MAP_UNREACHABLE', async () => {
  const server = await FaultyServer.start(() => {});
  const { url } = server;
  await server[Symbol.asyncDispose]();
  await using held = mapUnderTest(url);
  await failsWith(held, 'MAP_UNREACHABLE');
});

it('fault 3: a load of a map whose connection is never established fails with MAP_TIMEOUT', async () => {
  await using blackHole = await startBlackHole();
  await using held = mapUnderTest(blackHole.url);
  await failsWith(held, 'MAP_TIMEOUT');
});

it('fault 3: a load of a map fails with MAP_CONNECT_TIMEOUT if the undici Agent has a connect timeout', async () => {
  await using blackHole = await startBlackHole();
  // undici rounds these timeouts to seconds, so three attempts take three seconds.
  const agent = new Agent({ connect: { timeout: 100 } });
  await using held = mapUnderTest(blackHole.url, { agent, timeoutMs: 10_000 });
  await failsWith(held, 'MAP_CONNECT_TIMEOUT');
  await agent.destroy();
});
