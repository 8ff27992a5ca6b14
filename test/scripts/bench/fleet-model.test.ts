import { describe, expect, it } from 'vitest';
import { type FleetShape, fleetLoad, hasPatches, type MeasuredSizes } from '../../../bench/fleet/model.ts';
import { parseInfo } from '../../../bench/fleet/parse-info.ts';

const SIZES: MeasuredSizes = { memoryPerHostBytes: 20_000, headBytes: 400, recordBytes: 300 };
const shape = (overrides: Partial<FleetShape> = {}): FleetShape => ({
  ...{ hosts: 100, replicas: 0, intervalSeconds: 10, changesPerSecond: 0, bodyBytes: 10_000, patchBytes: null },
  ...overrides,
});

describe('fleet load model', () => {
  it('the fleet load model counts one source request per second in all, and one audit per hundred refreshes', () => {
    for (const hosts of [10, 1_000, 100_000]) {
      const load = fleetLoad(shape({ hosts }), SIZES);
      expect(load.sourcePolls).toBe(1);
      expect(load.sourceAudits).toBeCloseTo(hosts / 1_000);
      expect(load.sourceAlone).toBe(hosts / 10);
    }
  });

  it('the fleet load model counts heartbeat commands, and that each host reads the list of hosts every five seconds', () => {
    const { commands, commandsPerSecond, connections, deliveriesPerSecond } = fleetLoad(shape(), SIZES);
    expect(commands).toMatchObject({ time: 20, set: 20, zadd: 20, zcard: 20, zrange: 40, mget: 20, ping: 60 });
    expect(commands.zremrangebyscore).toBeCloseTo((20 * 10) / 99);
    expect(commandsPerSecond).toBeCloseTo(200 + 200 / 99 + 3);
    expect(connections).toBe(300);
    expect(deliveriesPerSecond).toBe(300);
  });

  it('in the fleet load model, ten times as many hosts cause ten times the load, if there are at least 10 000 hosts', () => {
    const at = (hosts: number) => fleetLoad(shape({ hosts, changesPerSecond: 0.01 }), SIZES);
    const [one, ten] = [at(10_000), at(100_000)];
    expect(ten.commandsPerSecond / one.commandsPerSecond).toBeCloseTo(10, 1);
    expect(ten.sentBytesPerSecond / one.sentBytesPerSecond).toBeCloseTo(10, 1);
  });

  it('the fleet load model counts one read of the map or its patch per host and change', () => {
    const changing = { changesPerSecond: 0.1, bodyBytes: 4 * 1_024 * 1_024 };
    expect(fleetLoad(shape(changing), SIZES).commands.getrange).toBeCloseTo(100 * 0.1 * 17);
    const patched = fleetLoad(shape({ ...changing, patchBytes: 50_000 }), SIZES);
    expect(patched.commands.getrange).toBeCloseTo(10);
    expect(patched.memoryBytes).toBe(100 * 20_000 + 8 * 1_024 * 1_024 + 50_000);
    expect(hasPatches(100_000)).toBe(false);
    expect(hasPatches(14_000_000)).toBe(true);
  });
});

describe('parseInfo', () => {
  it('parseInfo() reads memory, connections and calls from a Redis INFO response, and counts missing values as 0', () => {
    const text = 'used_memory:1000\r\nconnected_clients:3\r\ncmdstat_get:calls=7,usec=1\r\ncmdstat_xadd:calls=x\r\n';
    expect(parseInfo(text)).toEqual({
      ...{ memoryBytes: 1_000, peakMemoryBytes: 0, connections: 3, sentBytes: 0 },
      calls: { get: 7, xadd: 0 },
    });
  });
});
