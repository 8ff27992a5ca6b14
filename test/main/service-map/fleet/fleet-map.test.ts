import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fleetMapName } from '../../../../src/shared/fleet/fleet-keys.ts';
import type { FleetMapEvent } from '../../../../src/shared/protocol/fleet/map-messages.ts';
import { ScriptedFleet, sha256Of } from '../../../helpers/fleet/scripted-fleet.ts';
import { type ScriptedMapSource, scriptedMapSource } from '../../../helpers/scripted-map-source.ts';
import { entry, type Json, mapOf, NOW, signed } from '../../../helpers/signed-map.ts';

type Heard = FleetMapEvent extends infer E ? (E extends FleetMapEvent ? Omit<E, 'name'> : never) : never;

const off = (id: string): Json => entry(id, { status: 'disabled' });
const bytesAt = (seconds: number, ids: readonly string[] = ['a'], key?: string): Uint8Array<ArrayBuffer> =>
  signed(mapOf(ids.map(off), { generatedAt: new Date(NOW - 100_000 + seconds * 1_000).toISOString() }), key);

/** Advances the fake clock by `ms`, and runs everything that becomes due. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left >= 0; left -= 50) {
    await vi.advanceTimersByTimeAsync(Math.min(50, left));
    for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

interface World extends ScriptedMapSource {
  readonly fleet: ScriptedFleet;
  readonly alarms: string[];
  readonly alone: boolean[];
  hear(event: Heard): void;
  ids(): readonly string[];
}

/** Creates a map source with a scripted fleet. Each random number of the source is `chance`. */
function world({ chance = 0.5, follows = true }: { chance?: number; follows?: boolean } = {}): World {
  const fleet = new ScriptedFleet();
  const [alarms, alone]: [string[], boolean[]] = [[], []];
  const scripted = scriptedMapSource(
    'default',
    {
      fleet,
      random: { next: () => chance },
      elapsedMs: () => performance.now(),
      onAlarm: (code) => void alarms.push(code),
      onAlone: (isAlone) => void alone.push(isAlone),
    },
    { refreshIntervalMs: 10_000 },
  );
  if (follows) scripted.source.follow();
  const name = fleetMapName(fleet.id, scripted.source.options.url);
  return Object.assign(scripted, {
    ...{ fleet, alarms, alone },
    hear: (event: Heard) => fleet.emit({ ...event, name } as FleetMapEvent),
    ids: () => scripted.source.snapshot.ids,
  });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('host that leads a fleet', () => {
  it('the leader of a fleet polls the source every second, publishes verified maps and confirms an unchanged map', async () => {
    const { answer, fleet, hear, requests } = world();
    answer([off('a')]);
    hear({ kind: 'map-leading', head: null });
    await pass(3_500);
    expect(requests()).toBe(4);
    expect(fleet.published.map(({ bytes, sha256 }) => sha256Of(bytes) === sha256)).toEqual([true]);
    expect(fleet.count('confirm')).toBe(3);
    answer([off('a'), off('b')]);
    await pass(1_000);
    expect(fleet.published).toHaveLength(2);
    expect(fleet.held?.sha256).toBe(fleet.published[1]?.sha256);
    expect(fleet.announced.at(-1)).toMatchObject({ isLeading: true, sha256: fleet.held?.sha256 });
  });

  it('the leader of a fleet stops polling when another host leads', async () => {
    const { answer, hear, requests } = world();
    answer([off('a')]);
    hear({ kind: 'map-leading', head: null });
    await pass(500);
    hear({ kind: 'map-following' });
    await pass(5_000);
    expect(requests()).toBe(1);
  });

  it('the leader of a fleet loads a newer map of the fleet before it requests the source', async () => {
    const { answer, fleet, hear, ids, requests } = world();
    answer(503);
    const head = fleet.put(bytesAt(0, ['newer']));
    hear({ kind: 'map-leading', head });
    await pass(100);
    expect([ids(), requests()]).toEqual([['newer'], 1]);
    expect(fleet.asked.slice(0, 4)).toContain('read');
  });

  it('the leader of a fleet publishes its own map if a newer map of the fleet fails verification', async () => {
    const { alarms, answer, fleet, hear, ids } = world();
    answer([off('own')]);
    const head = fleet.put(bytesAt(0, ['forged'], 'a key of somebody else that is long'));
    hear({ kind: 'map-leading', head });
    await pass(100);
    expect(ids()).toEqual(['own']);
    expect(alarms).toEqual(['FLEET_MAP_REFUSED']);
    expect(fleet.asked).toContain('refuse');
    expect(fleet.published).toHaveLength(1);
  });

  it('the leader of a fleet downloads the full map and publishes it again if the fleet has lost the map', async () => {
    const { answer, fleet, hear, requests } = world();
    answer([off('a')]);
    hear({ kind: 'map-leading', head: null });
    await pass(500);
    fleet.outcome = 'missing';
    await pass(1_000);
    fleet.outcome = 'done';
    await pass(1_000);
    expect(fleet.published).toHaveLength(2);
    expect(fleet.published[1]?.sha256).toBe(fleet.published[0]?.sha256);
    expect(requests()).toBe(3);
  });

  it('the leader of a fleet polls an unavailable source once a second, and steps down if another host may try', async () => {
    const { answer, fleet, hear, logger, requests, source } = world();
    answer(503);
    hear({ kind: 'map-leading', head: null });
    await pass(9_500);
    expect(requests()).toBe(10);
    expect(source.status()).toMatchObject({ circuit: 'open', lastError: { code: 'MAP_HTTP_STATUS' } });
    expect(logger.lines.filter(({ fields }) => fields.event === 'map-refresh-failed')).toHaveLength(1);
    expect(fleet.count('step-down')).toBe(0);
    const other = { hostId: 'other', role: 'any' as const, address: null, version: '1', startedAt: 0, maps: [] };
    fleet.hosts = [other];
    await pass(1_000);
    expect(fleet.count('step-down')).toBe(1);
    answer([off('a')]);
    await pass(1_000);
    expect(source.status()).toMatchObject({ circuit: 'closed', lastError: null });
  });
});

describe('host that follows in a fleet', () => {
  it('a follower in a fleet loads a map that another host published, and does not request the source', async () => {
    const { fleet, hear, ids, requests, source } = world();
    hear({ kind: 'map-heard' });
    hear({ kind: 'map-news', head: fleet.put(bytesAt(0, ['a', 'b'])) });
    await pass(300);
    expect([ids(), requests(), source.status().freshness]).toEqual([['a', 'b'], 0, 'fresh']);
    expect(fleet.held?.sha256).toBe(fleet.head?.sha256);
  });

  it('a follower in a fleet loads a new map that is published while it still loads another map', async () => {
    const { fleet, hear, ids } = world();
    hear({ kind: 'map-news', head: fleet.put(bytesAt(0, ['first'])) });
    await pass(100);
    hear({ kind: 'map-news', head: fleet.put(bytesAt(1, ['second'])) });
    await pass(50);
    hear({ kind: 'map-news', head: fleet.put(bytesAt(2, ['third'])) });
    await pass(1_000);
    expect(ids()).toEqual(['third']);
  });

  const forged = bytesAt(5, ['x'], 'a key of somebody else that is long');
  const expired = signed(mapOf([off('x')], { generatedAt: new Date(NOW - 7_200_000).toISOString() }));
  it.each([
    ['garbage', new TextEncoder().encode(`{"generatedAt":"${new Date(NOW).toISOString()}","ttlSeconds":1}`)],
    ['a map with the signature of another key', forged],
    ['a map with a future generatedAt', bytesAt(900_000)],
    ['an older signed map that is announced with a future generatedAt', bytesAt(-120)],
    ['an expired map', expired],
  ])('a fleet follower rejects %s, and keeps its map, minimum map time, circuit and last error', async (_, bytes) => {
    const { alarms, fleet, hear, ids, source } = world();
    hear({ kind: 'map-news', head: fleet.put(bytesAt(0, ['good'])) });
    await pass(300);
    hear({ kind: 'map-news', head: fleet.put(bytes, { generatedAtMs: NOW + 10_000 }) });
    await pass(5_000);
    expect(ids()).toEqual(['good']);
    expect(alarms).toEqual(['FLEET_MAP_REFUSED']);
    expect(source.status()).toMatchObject({ lastError: null, circuit: 'closed', freshness: 'fresh' });
    hear({ kind: 'map-news', head: fleet.put(bytesAt(1, ['next'])) });
    await pass(2_000);
    expect(ids()).toEqual(['next']);
  });

  it('a follower in a fleet tries four times to load an unavailable map, then requests the source each interval', async () => {
    const { answer, fleet, hear, requests } = world();
    answer([off('a')]);
    hear({ kind: 'map-heard' });
    hear({ kind: 'map-news', head: { ...fleet.put(bytesAt(5)), sha256: 'f'.repeat(64) } });
    fleet.head = { ...fleet.put(bytesAt(5)), sha256: 'f'.repeat(64) };
    await pass(4_000);
    expect([fleet.count('read'), requests()]).toEqual([4, 0]);
    await pass(5_000);
    expect([fleet.count('read'), requests()]).toEqual([4, 1]);
  });

  it('a follower in a fleet does not request the source if the leader has meanwhile corrected a bad publication', async () => {
    const { fleet, hear, ids, requests } = world();
    hear({ kind: 'map-heard' });
    const good = fleet.put(bytesAt(0, ['good']));
    hear({ kind: 'map-news', head: good });
    await pass(300);
    hear({ kind: 'map-news', head: fleet.put(forged) });
    await pass(300);
    fleet.head = good;
    await pass(20_000);
    expect([ids(), requests(), fleet.count('read')]).toEqual([['good'], 0, 2]);
  });

  it('a follower in a fleet delays a mass removal of connectors until the source confirms the removal', async () => {
    const { alarms, fleet, hear, ids } = world();
    hear({ kind: 'map-news', head: fleet.put(bytesAt(0, ['a', 'b', 'c', 'd'])) });
    await pass(300);
    const head = fleet.put(bytesAt(1, ['a']));
    hear({ kind: 'map-news', head });
    await pass(300);
    expect(alarms).toEqual(['MAP_MASS_REMOVAL']);
    expect(ids()).toHaveLength(4);
    hear({ kind: 'map-news', head });
    hear({ kind: 'map-confirmed', head });
    await pass(500);
    expect(ids()).toHaveLength(4);
    hear({ kind: 'map-confirmed', head: { ...head, confirms: 1 } });
    expect(ids()).toEqual(['a']);
  });

  it('a follower in a fleet requests the source near the expiry of its map if it received no newer map', async () => {
    const { answer, fleet, hear, requests } = world();
    answer(503);
    hear({ kind: 'map-heard' });
    hear({ kind: 'map-news', head: fleet.put(signed(mapOf([off('a')], { ttlSeconds: 100 }))) });
    await pass(80_000);
    expect(requests()).toBe(0);
    await pass(9_000);
    expect(requests()).toBeGreaterThan(0);
  });
});

describe('background refresh in a fleet', () => {
  it('the background refresh of a fleet host pauses while fleet messages arrive, and starts when they stop', async () => {
    const { alone, hear } = world();
    hear({ kind: 'map-heard' });
    expect(alone).toEqual([]);
    hear({ kind: 'map-alone' });
    hear({ kind: 'map-alone' });
    expect(alone).toEqual([true]);
    hear({ kind: 'map-heard' });
    expect(alone).toEqual([true, false]);
  });

  it('the background refresh of a fleet host starts if the fleet thread never sends anything', async () => {
    const { alone } = world();
    await pass(8_000);
    expect(alone).toEqual([true]);
  });
});

describe('sync in a fleet', () => {
  /** Starts a sync. The result tells whether the sync has ended. */
  const syncing = (source: ScriptedMapSource['source'], force: boolean) => {
    const state = { isDone: false };
    void source.sync(force).finally(() => {
      state.isDone = true;
    });
    return state;
  };

  it('the first sync of a fleet host waits for the host that requests the source', async () => {
    const { fleet, hear, ids, requests, source } = world();
    const sync = syncing(source, false);
    await pass(1_500);
    expect([sync.isDone, requests()]).toEqual([false, 0]);
    hear({ kind: 'map-news', head: fleet.put(bytesAt(0, ['a'])) });
    await pass(300);
    expect([sync.isDone, ids(), requests()]).toEqual([true, ['a'], 0]);
  });

  it('the first sync of a fleet host requests the source if the fleet sends no map within 2 to 3 s', async () => {
    const { answer, ids, requests, source } = world();
    answer([off('a')]);
    const sync = syncing(source, false);
    await pass(2_400);
    expect(requests()).toBe(0);
    await pass(200);
    expect([sync.isDone, ids(), requests()]).toEqual([true, ['a'], 1]);
  });

  it('the sync of a fleet host requests the source after one second if the Redis server is unreachable', async () => {
    const { answer, fleet, requests, source } = world();
    fleet.isConnected = false;
    answer([off('a')]);
    const sync = syncing(source, false);
    await pass(900);
    expect(requests()).toBe(0);
    await pass(150);
    expect([sync.isDone, requests()]).toEqual([true, 1]);
  });

  it("the sync of the leader of a fleet waits for the leader's first request instead of sending another", async () => {
    const { answer, hear, requests, source } = world();
    answer([off('a')]);
    const sync = syncing(source, false);
    hear({ kind: 'map-leading', head: null });
    await pass(200);
    expect([sync.isDone, requests()]).toEqual([true, 1]);
  });

  it('a forced sync of a fleet host uses a response that the leader got from the source after the sync began', async () => {
    const { fleet, hear, ids, requests, source } = world();
    const head = fleet.put(bytesAt(0, ['a']));
    hear({ kind: 'map-heard' });
    hear({ kind: 'map-news', head });
    await pass(300);
    const sync = syncing(source, true);
    await pass(100);
    fleet.head = { ...head, confirms: 1 };
    await pass(400);
    expect(sync.isDone).toBe(false);
    fleet.put(bytesAt(1, ['b']));
    await pass(700);
    expect([sync.isDone, ids(), requests()]).toEqual([true, ['b'], 0]);
  });

  it('a forced sync of a fleet host requests the source itself if the leader sends nothing', async () => {
    const { answer, fleet, hear, requests, source } = world();
    hear({ kind: 'map-heard' });
    hear({ kind: 'map-news', head: fleet.put(bytesAt(-60, ['a'])) });
    await pass(300);
    answer([off('a')]);
    const sync = syncing(source, true);
    await pass(2_000);
    expect([sync.isDone, requests()]).toEqual([true, 1]);
  });

  it('the sync of a host that does not follow its fleet requests the source immediately', async () => {
    const { answer, requests, source } = world({ follows: false });
    answer([off('a')]);
    await source.sync(false);
    expect(requests()).toBe(1);
  });
});

describe('fleet audit', () => {
  it('a host that audits its fleet notices that the source has a newer map, and loads this map', async () => {
    const { alarms, answer, fleet, hear, ids } = world({ chance: 0.005 });
    hear({ kind: 'map-heard' });
    hear({ kind: 'map-news', head: fleet.put(bytesAt(-120, ['old'])) });
    await pass(500);
    answer([off('new')]);
    await pass(16_000);
    expect(ids()).toEqual(['new']);
    expect(alarms).toContain('FLEET_MAP_BEHIND');
  });
});
