import { beforeEach, describe, expect, it } from 'vitest';
import type { MapHead } from '../../../../src/shared/fleet/map-head.ts';
import type { FleetMapEvent } from '../../../../src/shared/protocol/fleet/map-messages.ts';
import { MapEar } from '../../../../src/workers/fleet/maps/map-ear.ts';
import { ScriptedTime } from '../../../helpers/fleet/scripted-time.ts';

const headOf = (generatedAtMs: number, changes: Partial<MapHead> = {}): MapHead => ({
  ...{
    sha256: `map ${generatedAtMs}`,
    generatedAtMs,
    expiresAtMs: 9_000,
    etag: null,
    confirms: 0,
    by: 'you',
    fence: 1,
  },
  ...changes,
});
const heldOf = (generatedAtMs: number) => ({ ...headOf(generatedAtMs) });

describe('MapEar', () => {
  let time: ScriptedTime;
  let events: FleetMapEvent[];
  let ear: MapEar;
  const told = (): string[] =>
    events.map((event) => ('head' in event ? `${event.kind} ${event.head?.sha256}` : event.kind));

  beforeEach(() => {
    time = new ScriptedTime();
    events = [];
    ear = new MapEar({ name: 'map', hostId: 'me', time, emit: (event) => events.push(event) });
  });

  it('MapEar reports once when it hears other hosts, when it has heard no host for 6 s, and when it hears hosts again', async () => {
    for (let beat = 0; beat < 20; beat += 1) {
      ear.beat();
      await time.pass(500);
    }
    expect(told()).toEqual(['map-heard']);
    await time.pass(5_499);
    expect(told()).toEqual(['map-heard']);
    await time.pass(1);
    await time.pass(60_000);
    ear.beat();
    expect(told()).toEqual(['map-heard', 'map-alone', 'map-heard']);
  });

  it('MapEar reports that it is alone if it cannot connect at the start, but waits 6 s after a lost connection', async () => {
    ear.unreachable();
    ear.unreachable();
    expect(told()).toEqual(['map-alone']);
    ear.beat();
    ear.unreachable();
    expect(told()).toEqual(['map-alone', 'map-heard']);
    await time.pass(6_000);
    expect(told()).toEqual(['map-alone', 'map-heard', 'map-alone']);
  });

  it('MapEar reports a newer map once, and ignores the current map, older maps and maps that it published itself', async () => {
    ear.hold(heldOf(5));
    for (let beat = 0; beat < 5; beat += 1) ear.hear(headOf(6));
    ear.hear(headOf(5));
    ear.hear(headOf(4));
    ear.hear(headOf(7, { by: 'me' }));
    await time.pass(1_000);
    expect(told()).toEqual(['map-news map 6']);
  });

  it('MapEar reports a different map with the same generation time', () => {
    ear.hold(heldOf(5));
    ear.hear(headOf(5, { sha256: 'another' }));
    expect(told()).toEqual(['map-news another']);
  });

  it('MapEar reports newer maps at most four times a second, and always reports the last one', async () => {
    for (let news = 1; news <= 100; news += 1) ear.hear(headOf(news));
    expect(told()).toEqual(['map-news map 1']);
    await time.pass(250);
    expect(told()).toEqual(['map-news map 1', 'map-news map 100']);
  });

  it('MapEar compares the newest map that it heard of with each map that the host switches to', async () => {
    ear.hear(headOf(1));
    ear.hear(headOf(2));
    await time.pass(250);
    await time.pass(250);
    ear.hold(heldOf(1));
    expect(told()).toEqual(['map-news map 1', 'map-news map 2', 'map-news map 2']);
    ear.hold(heldOf(2));
    ear.hold(heldOf(2));
    await time.pass(1_000);
    expect(told()).toHaveLength(3);
  });

  it('MapEar reports the first three confirmations of the current map, and then one every 5 s', async () => {
    ear.hold(heldOf(5));
    for (let confirms = 1; confirms <= 10; confirms += 1) {
      ear.hear(headOf(5, { confirms }));
      ear.hear(headOf(5, { confirms }));
      await time.pass(1_000);
    }
    const confirms = events.flatMap((event) => (event.kind === 'map-confirmed' ? [event.head.confirms] : []));
    expect(confirms).toEqual([1, 2, 3, 8]);
  });

  it('MapEar reports nothing after it was closed', async () => {
    ear.hear(headOf(1));
    ear.hear(headOf(2));
    ear.close();
    ear.hear(headOf(3));
    ear.beat();
    await time.pass(60_000);
    expect(told()).toEqual(['map-news map 1']);
  });
});
