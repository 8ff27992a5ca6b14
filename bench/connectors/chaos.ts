import { setTimeout as sleep } from 'node:timers/promises';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { type Fixture, startFixture } from '../support/fixture.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { CALL_WAYS, type Call } from './call-ways.ts';

const HEALTHY = 56;
const VICTIMS = 8;
const PER_SECOND = 200;
/** Time from killing a server to starting it again (shortest and longest). */
const OUTAGE_MS = [200, 3_000] as const;
/** Time that a server runs before it may be killed again (shortest and longest). */
const UPTIME_MS = [1_500, 6_000] as const;
/** Interval at which a restarted server is called until it answers. */
const PROBE_MS = 20;
const GIVE_UP_MS = 10_000;

export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
}

interface Outcome {
  readonly healthyMs: number[];
  readonly failures: Map<string, number>;
  victimCalls: number;
  victimFailures: number;
  /** For each restart, the time from when the server listened until it answered a call. */
  readonly backMs: number[];
  kills: number;
}

/**
 * Kills 8 of 64 connectors at random (SIGKILL) and starts them again, while all connectors are called at a steady rate.
 */
export async function measureChaos({ seconds, seed }: ChaosOptions, tell: (section: Section) => void): Promise<void> {
  const rows: Row[] = [];
  const notes: string[] = [`seed ${seed}`];
  for (const way of ['sdk', 'manager']) {
    const outcome = await run(way, seconds, seed);
    const row = (metric: string, unit: string, samples: readonly number[]): Row => ({
      way,
      metric,
      unit,
      samples,
      baseline: null,
    });
    const sum = [...outcome.failures.values()].reduce((total, count) => total + count, 0);
    rows.push(
      row('calls to healthy connectors', 'ms', outcome.healthyMs),
      row('of them failed', 'calls', [sum]),
      row('kills', '', [outcome.kills]),
      row('calls to victims', 'calls', [outcome.victimCalls]),
      row('of them failed', 'calls', [outcome.victimFailures]),
      row('serving again after the server is back', 'ms', outcome.backMs),
    );
    if (sum > 0) notes.push(`${way}: healthy calls failed with ${JSON.stringify([...outcome.failures])}`);
    const lost = outcome.kills - outcome.backMs.length;
    notes.push(
      `${way}: after ${lost} of ${outcome.kills} kills the victim did not serve within ${GIVE_UP_MS} ms of its restart, or the run had ended`,
    );
  }
  tell({
    title: `${VICTIMS} of ${HEALTHY + VICTIMS} connectors killed and restarted at random, ${seconds} s, ${PER_SECOND} calls/s`,
    rows,
    notes,
  });
}

async function run(way: string, seconds: number, seed: number): Promise<Outcome> {
  const random = seededRandom(seed);
  const between = ([min, max]: readonly [number, number]): number => min + random() * (max - min);
  // Half of the connectors have sessions, and the other half are stateless.
  using stateless = await startFixture({ count: HEALTHY / 2, tools: 2 });
  using sessions = await startFixture({ count: HEALTHY / 2, tools: 2, sessions: true });
  const victims: Fixture[] = await Promise.all(
    Array.from({ length: VICTIMS }, (_, index) => startFixture({ count: 1, tools: 2, sessions: index % 2 === 0 })),
  );
  const urls = [...stateless.urls, ...sessions.urls, ...victims.flatMap((victim) => victim.urls)];
  const open = CALL_WAYS[way];
  if (open === undefined) throw new Error(`Unknown way "${way}"`);
  const call = await open(urls, 'auto');
  const outcome: Outcome = {
    healthyMs: [],
    failures: new Map(),
    victimCalls: 0,
    victimFailures: 0,
    backMs: [],
    kills: 0,
  };
  const endsMs = performance.now() + seconds * 1_000;
  const tormentors = victims.map(async (_, index) => {
    await sleep(between([0, UPTIME_MS[1]]));
    while (performance.now() < endsMs - OUTAGE_MS[1]) {
      const url = victims[index]?.urls[0] ?? '';
      victims[index]?.[Symbol.dispose]();
      outcome.kills += 1;
      await sleep(between(OUTAGE_MS));
      victims[index] = await startFixture({
        count: 1,
        tools: 2,
        sessions: index % 2 === 0,
        port: Number(new URL(url).port),
      });
      const backMs = await untilServing(call, HEALTHY + index, endsMs);
      if (backMs !== null) outcome.backMs.push(backMs);
      await sleep(between(UPTIME_MS));
    }
  });
  const calls: Promise<void>[] = [];
  for (let made = 0; performance.now() < endsMs; made += 1) {
    const dueMs = endsMs - seconds * 1_000 + (made * 1_000) / PER_SECOND;
    if (dueMs > performance.now()) await sleep(Math.ceil(dueMs - performance.now()));
    calls.push(callOnce(call, Math.floor(random() * urls.length), dueMs, outcome));
  }
  await Promise.all([...tormentors, ...calls]);
  for (const victim of victims) victim[Symbol.dispose]();
  return outcome;
}

async function callOnce(call: Call, index: number, dueMs: number, outcome: Outcome): Promise<void> {
  const isVictim = index >= HEALTHY;
  if (isVictim) outcome.victimCalls += 1;
  try {
    await call(index);
    if (!isVictim) outcome.healthyMs.push(performance.now() - dueMs);
  } catch (error) {
    const code = String((error as { code?: unknown }).code ?? error);
    if (isVictim) outcome.victimFailures += 1;
    else outcome.failures.set(code, (outcome.failures.get(code) ?? 0) + 1);
  }
}

/**
 * Calls a server that has just started to listen, until it answers. Resolves with the time that this took, or with null
 * if it took too long or the run ended first.
 */
async function untilServing(call: Call, index: number, endsMs: number): Promise<number | null> {
  const startedMs = performance.now();
  while (performance.now() < Math.min(endsMs, startedMs + GIVE_UP_MS)) {
    if (
      await call(index).then(
        () => true,
        () => false,
      )
    )
      return performance.now() - startedMs;
    await sleep(PROBE_MS);
  }
  return null;
}
