import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallQuota } from '../../../../src/main/connectors/calls/call-quota.ts';
import type { Fleet } from '../../../../src/main/fleet/fleet.ts';
import { createCallPermits } from '../../../../src/main/fleet/permits/create-call-permits.ts';
import { deadline } from '../../../../src/shared/clock.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';
import type {
  FleetPermitApi,
  LeaseRequest,
  PermitRequest,
} from '../../../../src/shared/protocol/fleet/permit-messages.ts';
import { recordingLogger } from '../../../helpers/log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { signal } = new AbortController();

/** Creates a fleet whose thread returns the given permits and leases. */
function fleetOf(
  answers: {
    take?: (request: PermitRequest) => unknown;
    lease?: (request: LeaseRequest) => unknown;
  },
  settings: { hosts?: number; quotas?: Fleet['quotas']; latencyMs?: number } = {},
) {
  const asked: PermitRequest[] = [];
  const leases: LeaseRequest[] = [];
  let listener: (event: { isConnected: boolean }) => void = () => {};
  const state = { isConnected: true };
  const api = {
    takePermits: (_: string, request: PermitRequest) => {
      asked.push(request);
      return answers.take?.(request);
    },
    leaseConcurrent: (_: string, request: LeaseRequest) => {
      leases.push(request);
      return answers.lease?.(request);
    },
  } as unknown as FleetPermitApi;
  const fleet = {
    hostCount: settings.hosts ?? 1,
    hostId: 'me',
    quotas: settings.quotas ?? 'share',
    isConnected: true,
    async ask(question: (asked: unknown) => unknown) {
      if (settings.latencyMs !== undefined) await new Promise((resolve) => setTimeout(resolve, settings.latencyMs));
      if (!state.isConnected) throw new SwitchyardError('FLEET_UNAVAILABLE', 'away');
      const answer = question(api);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    on: (_: string, heard: typeof listener) => {
      listener = heard;
      return () => {};
    },
  } as unknown as Fleet;
  const logger = recordingLogger();
  const create = createCallPermits(fleet, { logger, random: { next: () => 0.5 } });
  const connect = (isConnected: boolean): void => {
    state.isConnected = isConnected;
    listener({ isConnected });
  };
  const quota = (quotas: Record<string, number>): CallQuota =>
    new CallQuota(quotas, create === null ? undefined : (line) => create('one', line));
  return { quota, asked, leases, connect, lines: logger.lines };
}

let takenAtMs = 0;
const all = ({ wanted }: PermitRequest): unknown => ({
  granted: wanted,
  retryInMs: 0,
  takenAtMs: ++takenAtMs,
  epoch: 'e',
});
const allLeases = ({ wanted }: LeaseRequest): unknown => ({ held: wanted, retryInMs: 0, isContended: false });

/** Makes `count` calls, one after the other. */
async function calls(quota: CallQuota, count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) (await quota.acquire(signal, 'one', 5_000))();
}

describe('fleet call permits', () => {
  it('a host does not ask its fleet for call permits if each host enforces its quotas separately', () => {
    const fleet = { quotas: 'own' } as Fleet;
    expect(createCallPermits(fleet, { logger: recordingLogger(), random: { next: () => 0 } })).toBeNull();
  });

  it('a host requests as many permits as it used in the last second, at most a quarter of its fair share', async () => {
    const { quota, asked } = fleetOf({ take: all }, { hosts: 3 });
    const own = quota({ perMinute: 1_200 });
    await calls(own, 1_000);
    expect(asked[0]?.wanted).toBe(1);
    expect(Math.max(...asked.map(({ wanted }) => wanted))).toBe(100);
    expect(asked.length).toBeLessThan(40);
  });

  it('a host requests one permit at a time if a quarter of its fair share is less than one', async () => {
    const { quota, asked } = fleetOf({ take: all }, { hosts: 4 });
    await calls(quota({ perMinute: 10 }), 8);
    expect(asked.map(({ wanted }) => wanted)).toEqual(Array.from({ length: 8 }, () => 1));
  });

  it('if a host has not used a permit after a second, it returns the permit to its fleet and never uses it', async () => {
    const { quota, asked } = fleetOf({ take: all });
    await calls(quota({ perMinute: 1_000 }), 50);
    const taken = asked.reduce((sum, { wanted }) => sum + wanted, 0);
    await vi.advanceTimersByTimeAsync(2_100);
    const returned = asked.flatMap((request) => request.returned).reduce((sum, { count }) => sum + count, 0);
    expect(returned).toBe(taken - 50);
    expect(returned).toBeGreaterThan(0);
  });

  it('a host returns its permits for calls and for concurrent calls to its fleet when it closes the quota', async () => {
    const { quota, asked, leases } = fleetOf({ take: all, lease: allLeases });
    const own = quota({ perMinute: 1_000, concurrent: 5 });
    await calls(own, 50);
    own.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked.at(-1)).toMatchObject({ wanted: 0, returned: expect.arrayContaining([expect.anything()]) });
    expect(leases.at(-1)).toMatchObject({ held: 0, wanted: 0, holder: 'me.1' });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waiting calls start in order when permits from the fleet arrive', async () => {
    const { quota } = fleetOf({ take: all }, { latencyMs: 5, hosts: 2 });
    const own = quota({ perMinute: 10 });
    const began: number[] = [];
    for (const name of [1, 2, 3, 4, 5, 6]) void own.acquire(signal, 'one', 5_000).then(() => began.push(name));
    await vi.advanceTimersByTimeAsync(200);
    expect(began).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('a call is rejected immediately, with the time of the next permit, if the fleet has none before the deadline', async () => {
    const { quota } = fleetOf({ take: () => ({ granted: 0, retryInMs: 40_000, takenAtMs: 1, epoch: 'e' }) });
    const own = quota({ perMinute: 10 });
    const message = 'The quota of connector one is used up: the next call can start in 40 s.';
    await expect(own.acquire(signal, 'one', 5_000)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED', message });
    await expect(own.acquire(signal, 'one', 5_000)).rejects.toMatchObject({ message });
  });

  it('a host requests refused permits again after a second and then at growing intervals', async () => {
    let granted = 0;
    const take = (): unknown => ({ granted, retryInMs: granted === 0 ? 50_000 : 0, takenAtMs: 5, epoch: 'e' });
    const { quota, asked } = fleetOf({ take });
    const own = quota({ perMinute: 100 });
    const refused = async (): Promise<string> =>
      String(await own.acquire(signal, 'one', 5_000).catch((error) => error));
    expect(await refused()).toMatch('the next call can start in 50 s');
    expect(await refused()).toMatch('the next call can start in 50 s');
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await refused()).toMatch('the next call can start in 50 s');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await refused()).toMatch('the next call can start in 49 s');
    expect(asked).toHaveLength(2);
    granted = 1;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await own.acquire(signal, 'one', 5_000)).toBeTypeOf('function');
    const waiting = [own.acquire(signal, 'one', 90_000), own.acquire(signal, 'one', 90_000)];
    granted = 0;
    await vi.advanceTimersByTimeAsync(900);
    granted = 1;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await Promise.all(waiting)).toHaveLength(2);
  });

  it('a host reports to its fleet how many calls started while the fleet was unreachable', async () => {
    const { quota, asked, connect, lines } = fleetOf({ take: all }, { hosts: 2 });
    const own = quota({ perMinute: 20, perDay: 100 });
    const aMoment = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1);
    await calls(own, 1);
    connect(false);
    await aMoment();
    await calls(own, 6);
    connect(true);
    await aMoment();
    await calls(own, 1);
    expect(asked.map(({ spent }) => spent)).toContainEqual({ perMinute: 6, perDay: 6 });
    expect(asked.reduce((sum, { spent }) => sum + (spent.perDay ?? 0), 0)).toBe(6);
    expect(lines.map(({ fields }) => fields.event)).toEqual(['quota-local', 'quota-shared']);
  });

  it('a host reserves slots for its running calls as soon as the unreachable fleet responds again', async () => {
    const { quota, leases, connect } = fleetOf({ lease: allLeases }, { hosts: 2 });
    connect(false);
    const own = quota({ concurrent: 8 });
    for (let count = 0; count < 4; count += 1) await own.acquire(signal, 'one', 5_000);
    expect(leases).toEqual([]);
    connect(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(leases).toMatchObject([{ held: 4, wanted: 4, limit: 8 }]);
    own.close();
  });

  it('if the fleet has lost its state, a host reports all its past calls and returns its unused permits', async () => {
    let epoch = 'a';
    const { quota, asked } = fleetOf(
      {
        take: ({ wanted }) => ({ granted: wanted, retryInMs: 0, takenAtMs: 7, epoch }),
      },
      { hosts: 5 },
    );
    const own = quota({ perMinute: 10 });
    await calls(own, 3);
    epoch = 'b';
    await calls(own, 1);
    expect(asked.slice(-2)).toMatchObject([
      { wanted: 1, spent: {} },
      { wanted: 1, spent: { perMinute: 3 }, returned: [{ count: 1, takenAtMs: 7 }] },
    ]);
  });

  it('if a request for permits fails, a host uses its own share of the quota, retries, and logs each change once', async () => {
    let answer: (request: PermitRequest) => unknown = () => new SwitchyardError('FLEET_REFUSED', 'WRONGTYPE');
    const { quota, lines } = fleetOf({ take: (request) => answer(request) }, { hosts: 3 });
    const own = quota({ perMinute: 9 });
    await calls(own, 3);
    await expect(own.acquire(signal, 'one', 5_000)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(lines.map(({ fields }) => fields.code)).toEqual(['QUOTA_LOCAL']);
    answer = all;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(lines.map(({ fields }) => fields.event)).toEqual(['quota-local', 'quota-shared']);
  });

  it('permits from a fleet never let a host exceed its quotas, and never leave a call waiting past its deadline', async () => {
    const outcome = fc.oneof(
      fc.constant(null),
      fc.record({
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        retryInMs: fc.nat(86_400_000),
        epoch: fc.constantFrom('a', 'b'),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { minLength: 1, maxLength: 30 }),
        fc.array(fc.record({ pauseMs: fc.nat(400), burst: fc.nat(6), runMs: fc.nat(300) }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        async (outcomes, steps, perMinute, concurrent) => {
          let turn = 0;
          const next = () => outcomes[turn++ % outcomes.length] ?? null;
          const refused = () => new SwitchyardError('FLEET_UNAVAILABLE', 'away');
          const { quota } = fleetOf(
            {
              take: ({ wanted }) => {
                const it = next();
                if (it === null) return refused();
                return {
                  granted: Math.round(wanted * it.share),
                  retryInMs: it.retryInMs,
                  takenAtMs: 1,
                  epoch: it.epoch,
                };
              },
              lease: ({ held, wanted }) => {
                const it = next();
                if (it === null) return refused();
                return {
                  held: held + Math.round((wanted - held) * it.share),
                  retryInMs: it.retryInMs % 1_000,
                  isContended: it.epoch === 'a',
                };
              },
            },
            { latencyMs: 3, hosts: 2 },
          );
          const own = quota({ perMinute, concurrent });
          let began = 0;
          let running = 0;
          let open = 0;
          for (const { pauseMs, burst, runMs } of steps) {
            for (let count = 0; count < burst; count += 1) {
              open += 1;
              const limit = deadline(1_000, () => new Error('too late')).signal;
              void own.acquire(limit, 'one', 1_000).then(
                (leave) => {
                  began += 1;
                  running += 1;
                  expect(running).toBeLessThanOrEqual(concurrent);
                  setTimeout(() => {
                    running -= 1;
                    open -= 1;
                    leave();
                  }, runMs);
                },
                () => {
                  open -= 1;
                },
              );
            }
            await vi.advanceTimersByTimeAsync(pauseMs);
          }
          // The whole simulation takes less than a minute, so all calls are in one quota window.
          expect(began).toBeLessThanOrEqual(perMinute);
          await vi.advanceTimersByTimeAsync(3_000);
          expect(open).toBe(0);
          own.close();
        },
      ),
      { numRuns: 100 },
    );
  });
});
