import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fleet } from '../../../src/main/fleet/fleet.ts';
import { RefreshSchedules, relistAfterMs } from '../../../src/main/manager/refresh-schedules.ts';
import { resolveOptions } from '../../../src/main/options/options.ts';
import { ConnectorSources } from '../../../src/main/sources/connector-sources.ts';
import { SourceEvents } from '../../../src/main/sources/source-events.ts';
import { ScriptedFleet } from '../../helpers/fleet/scripted-fleet.ts';
import { scriptedMapSource } from '../../helpers/scripted-map-source.ts';
import { entry } from '../../helpers/signed-map.ts';

const HOUR_MS = 3_600_000;

/**
 * Options with a fixed random value of 0.5. The first delay is half an interval, and every later delay is one interval.
 */
const options = (asyncRefresh = true, refreshIntervalMs = HOUR_MS) =>
  resolveOptions({
    configFile: 'x',
    random: { next: () => 0.5 },
    featureFlags: { asyncRefresh, refreshIntervalMs },
  });

function setUp(fleet: Fleet | null = null) {
  const map = scriptedMapSource('default', { fleet }, { refreshIntervalMs: HOUR_MS });
  const events = new SourceEvents();
  const sources = new ConnectorSources([map.source], { file: null, registry: null }, events);
  let upkeeps = 0;
  const schedules = new RefreshSchedules(options(), sources, async () => {
    upkeeps += 1;
  });
  return { map, events, schedules, upkeeps: () => upkeeps };
}

describe('RefreshSchedules', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
  afterEach(() => void vi.useRealTimers());

  it('the refresh schedules of a manager do nothing before they start and after they stop', async () => {
    const { map, schedules, upkeeps } = setUp();
    await vi.advanceTimersByTimeAsync(3 * HOUR_MS);
    schedules.start();
    schedules.stop();
    await vi.advanceTimersByTimeAsync(3 * HOUR_MS);
    expect([map.requests(), upkeeps()]).toEqual([0, 0]);
  });

  it('each map is refreshed, and the maintenance runs, about once per interval', async () => {
    const { map, schedules, upkeeps } = setUp();
    map.answer([entry('a')]);
    schedules.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS / 2);
    expect(upkeeps()).toBe(1);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(upkeeps()).toBe(2);
    expect(map.requests()).toBeGreaterThan(0);
    schedules.stop();
  });

  it('a host of a fleet refreshes a map by schedule only while the host is cut off from the fleet', async () => {
    const fleet = new ScriptedFleet();
    const { map, events, schedules } = setUp(fleet);
    map.answer([entry('a')]);
    schedules.start();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(map.requests()).toBe(0);
    events.emit('alone', 'default', true);
    await vi.advanceTimersByTimeAsync(HOUR_MS / 2);
    const asked = map.requests();
    expect(asked).toBeGreaterThan(0);
    events.emit('alone', 'default', false);
    await vi.advanceTimersByTimeAsync(3 * HOUR_MS);
    expect(map.requests()).toBe(asked);
    schedules.stop();
  });

  it('a map is refreshed well before it expires, and other maps are not refreshed with it', async () => {
    const { map, events, schedules } = setUp();
    map.answer([entry('a')]);
    schedules.start();
    events.emit('fresh', 'another', 60_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(map.requests()).toBe(0);
    events.emit('fresh', 'default', 60_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(map.requests()).toBe(1);
    schedules.stop();
  });
});

describe('relistAfterMs', () => {
  it('the pause between two reads of tool lists is about one interval, and at least a second', () => {
    expect([relistAfterMs(options()), relistAfterMs(options(true, 1))]).toEqual([HOUR_MS, 1_000]);
  });

  it('tool lists are not read by schedule if background refreshes are off', () => {
    expect(relistAfterMs(options(false))).toBeNull();
  });
});
