import { inspect } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { SECRET_MARK } from '../helpers/evidence.ts';
import { answer, type Fault, FaultyServer } from '../helpers/faulty-server.ts';
import { counterOf, type MapUnderTest, mapNow, mapUnderTest, off } from '../helpers/map-under-test.ts';

const GOOD = ['a', 'b'];
const EVERYTHING = { depth: 12, maxArrayLength: null, maxStringLength: null } as const;

/** A manager, and its map server that a test can break. */
export interface World {
  readonly held: MapUnderTest;
  readonly server: FaultyServer;
}

/**
 * Checks the effects of a fault in a load of the map: three attempts, one log line, one failure in the metrics, no
 * secret in the log, and the last good map is still served. A good map then ends the fault.
 */
export async function survives({ held, server }: World, fault: Fault, code: string): Promise<void> {
  const { manager, lines } = held;
  const failures = (): Promise<number> => counterOf('mcp_service_map_refresh_total', { outcome: 'failed', code });
  const ids = (): string[] => manager.listConnectors().map(({ id }) => id);
  server.behave(answer(mapNow(GOOD.map((id) => off(id)))));
  await manager.sync(true);
  const { revision, generatedAt } = manager.status().serviceMap;
  const [linesBefore, requestsBefore, failuresBefore] = [lines.length, server.requests.length, await failures()];

  server.behave(fault);
  await manager.sync(true);
  expect(ids()).toEqual(GOOD);
  expect(manager.status().serviceMap).toMatchObject({ freshness: 'fresh', revision, generatedAt, lastError: { code } });
  expect(await failures()).toBe(failuresBefore + 1);
  const told = lines.slice(linesBefore);
  const complaints = told.filter(({ level }) => level === 'warn' || level === 'error');
  expect(complaints.map(({ fields }) => `${fields.event} ${fields.code}`)).toEqual([`map-refresh-failed ${code}`]);
  expect(inspect(told, EVERYTHING)).not.toMatch(new RegExp(`${SECRET_MARK}|token=`));
  const asked = server.requests.slice(requestsBefore);
  expect(asked.map((request) => request.split('?')[0])).toEqual(['GET /map', 'GET /map', 'GET /map']);

  server.behave(answer(mapNow([off('next')])));
  await manager.sync(true);
  expect(ids()).toEqual(['next']);
  expect(manager.status().serviceMap).toMatchObject({ circuit: 'closed', lastError: null });
}

/**
 * Shares one manager among all tests of a suite, so that its thread boots only once. Each test starts and ends with a
 * good map.
 */
export function sharedWorld(options: Parameters<typeof mapUnderTest>[1]): () => World {
  let world: World | null = null;
  beforeAll(async () => {
    const server = await FaultyServer.start(answer(mapNow()));
    world = { server, held: mapUnderTest(server.url, options) };
  });
  afterAll(async () => {
    await world?.held[Symbol.asyncDispose]();
    await world?.server[Symbol.asyncDispose]();
  });
  return () => {
    if (world === null) throw new Error('The world is only available after beforeAll');
    return world;
  };
}
