import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemSleep } from '../../../../../../src/shared/clock.ts';
import {
  challengeOf,
  logInTo,
  serviceUnderTest,
  targetOf,
} from '../../../../../helpers/logins/login-service-under-test.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

/** Returns a generator of random numbers that are the same in every run of the test. */
function spreadChance(seed: number) {
  let state = seed;
  return {
    next: (): number => {
      state = (state * 16_807) % 2_147_483_647;
      return state / 2_147_483_647;
    },
  };
}

describe('Refresher', () => {
  it('two managers refresh a hundred logins once each, spread over time and at most four at the same time', async () => {
    const targets = Array.from({ length: 100 }, (_, index) => targetOf(`c${index}`));
    const one = serviceUnderTest({ random: spreadChance(1) });
    const two = serviceUnderTest({ random: spreadChance(2) }, one);
    const { issuer } = one;
    const times: number[] = [];
    const startedMs = Date.now();
    const renew = issuer.onRefresh;
    issuer.onRefresh = async (tokens, signal) => {
      times.push(Date.now() - startedMs);
      await new Promise((resolve) => setTimeout(resolve, 300));
      return renew(tokens, signal);
    };
    for (const target of targets) {
      two.service.credentialsOf(target);
      await logInTo(one.service, target);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.advanceTimersByTimeAsync(3_600_000 * 0.87);
    expect(issuer.refreshed).toHaveLength(100);
    expect(new Set(issuer.refreshed).size).toBe(100);
    // Each refresh runs after 60 % to 85 % of an hour. The upper limit has two extra seconds for the wait.
    expect(Math.min(...times)).toBeGreaterThanOrEqual(3_600_000 * 0.6);
    expect(Math.max(...times)).toBeLessThan(3_600_000 * 0.85 + 2_000);
    const minutes = new Map<number, number>();
    for (const time of times) minutes.set(Math.floor(time / 60_000), (minutes.get(Math.floor(time / 60_000)) ?? 0) + 1);
    expect(minutes.size).toBeGreaterThan(10);
    await Promise.all([one.service.close(), two.service.close()]);
  });

  it.each([100, 1_000, 2_300])(
    'a token that lives only %d ms is refreshed by requests, not in the background',
    async (lifeMs) => {
      const { service, issuer } = serviceUnderTest();
      issuer.lifeMs = lifeMs;
      const crm = targetOf('crm');
      const credentials = service.credentialsOf(crm);
      await logInTo(service, crm);
      await vi.advanceTimersByTimeAsync(3_600_000);
      expect(issuer.refreshed).toHaveLength(0);
      expect(await credentials.headers(null, { method: 'POST', url: crm.url })).toHaveLength(2);
      expect(issuer.refreshed).toHaveLength(1);
      await service.close();
    },
  );

  it('the login of a local entry is refreshed for this entry even if a map entry has the same endpoint', async () => {
    const sent: string[] = [];
    const { service, issuer } = serviceUnderTest({
      fetchOf: ({ connectorId }) => {
        sent.push(connectorId);
        return async () => new Response(null);
      },
    });
    const ofMap = { ...targetOf('crm'), connectorId: 'of-a-map' };
    const own = { ...targetOf('crm'), isLocal: true };
    for (const target of [ofMap, own]) service.credentialsOf(target);
    await logInTo(service, own);
    sent.length = 0;
    await vi.advanceTimersByTimeAsync(3_600_000 * 0.86);
    expect([issuer.refreshed.length, sent]).toEqual([1, ['crm']]);
    await service.close();
  });

  it('a hundred logins that expire together are refreshed once each, at most four at the same time', async () => {
    const targets = Array.from({ length: 100 }, (_, index) => targetOf(`c${index}`));
    const { service, issuer } = serviceUnderTest();
    const renew = issuer.onRefresh;
    issuer.onRefresh = async (tokens, signal) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return renew(tokens, signal);
    };
    for (const target of targets) await logInTo(service, target);
    vi.setSystemTime(Date.now() + 2 * 3_600_000);
    const sending = targets.map(async (target) =>
      service.credentialsOf(target).headers(null, { method: 'POST', url: target.url }),
    );
    await vi.advanceTimersByTimeAsync(25 * 50 + 10);
    expect((await Promise.all(sending)).every((headers) => headers.length === 2)).toBe(true);
    expect(new Set(issuer.refreshed).size).toBe(100);
    expect(issuer.refreshed).toHaveLength(100);
    expect(issuer.mostAtOnce).toBe(4);
    await service.close();
  });

  it('a manager uses a token that another manager has already refreshed, and sends no request of its own', async () => {
    const target = targetOf('crm');
    const one = serviceUnderTest();
    const two = serviceUnderTest({}, one);
    const ours = two.service.credentialsOf(target);
    await logInTo(one.service, target);
    await vi.advanceTimersByTimeAsync(500);
    const sent = await ours.headers(null, { method: 'POST', url: target.url });
    expect(sent).toHaveLength(2);
    await one.service.credentialsOf(target).refused(challengeOf(target), sent, null);
    expect(await ours.refused(challengeOf(target), sent, null)).toEqual({ kind: 'retry' });
    expect(one.issuer.refreshed).toHaveLength(1);
    expect(two.told).toEqual(['crm']);
    await Promise.all([one.service.close(), two.service.close()]);
  });

  it('a token refresh sends nothing if its lock expired while the process was suspended', async () => {
    const target = targetOf('crm');
    const { service, issuer, sent, store } = serviceUnderTest();
    await logInTo(service, target);
    const begin = store.beginRefresh.bind(store);
    const frozen = vi.spyOn(store, 'beginRefresh').mockImplementation(async (...given) => {
      const turn = await begin(...given);
      vi.setSystemTime(Date.now() + 60_000);
      return turn;
    });
    const credentials = service.credentialsOf(target);
    const before = sent();
    const used = await credentials.headers(null, { method: 'POST', url: target.url });
    expect(await credentials.refused(challengeOf(target), used, null)).toMatchObject({
      error: { code: 'LOGIN_FAILED' },
    });
    expect([sent() - before, issuer.refreshed]).toEqual([0, []]);
    frozen.mockRestore();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await credentials.refused(challengeOf(target), used, null)).toEqual({ kind: 'retry' });
    await service.close();
  });

  it('a manager that closes its logins waits for the response to a token refresh, so that no token is lost', async () => {
    const target = targetOf('crm');
    const { service, issuer, store } = serviceUnderTest();
    await logInTo(service, target);
    const renew = issuer.onRefresh;
    issuer.onRefresh = async (tokens, signal) => {
      await systemSleep(1_000, signal ?? undefined);
      return renew(tokens, signal);
    };
    const credentials = service.credentialsOf(target);
    const used = await credentials.headers(null, { method: 'POST', url: target.url });
    const refused = credentials.refused(challengeOf(target), used, null);
    await vi.advanceTimersByTimeAsync(10);
    const closed = service.close();
    await vi.advanceTimersByTimeAsync(1_000);
    await Promise.all([closed, refused]);
    expect((await store.readAll()).logins).toMatchObject([{ generation: 2 }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a manager that closes its logins does not wait for a refresh lock that another process holds', async () => {
    const target = targetOf('crm');
    const { service, store } = serviceUnderTest();
    await logInTo(service, target);
    const [login] = (await store.readAll()).logins;
    await store.beginRefresh(login?.loginId ?? '', 1);
    const credentials = service.credentialsOf(target);
    const used = await credentials.headers(null, { method: 'POST', url: target.url });
    const refused = credentials.refused(challengeOf(target), used, null);
    await vi.advanceTimersByTimeAsync(600);
    await service.close();
    expect(await refused).toMatchObject({ kind: 'login' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a manager that closes its logins waits only a limited time for a token refresh that gets no response', async () => {
    const target = targetOf('crm');
    const { service, issuer } = serviceUnderTest();
    await logInTo(service, target);
    issuer.onRefresh = (_, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const credentials = service.credentialsOf(target);
    const used = await credentials.headers(null, { method: 'POST', url: target.url });
    const refused = credentials.refused(challengeOf(target), used, null);
    await vi.advanceTimersByTimeAsync(10);
    const closed = service.close();
    await vi.advanceTimersByTimeAsync(5_100);
    await closed;
    expect(await refused).toMatchObject({ kind: 'login' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('the client registration of a lost login is deleted, so that the next login registers a new client', async () => {
    const target = targetOf('crm');
    const { service, issuer, store } = serviceUnderTest();
    await logInTo(service, target);
    expect((await store.readAll()).clients).toHaveLength(1);
    issuer.onRefresh = async () => ({ kind: 'lost', reason: 'the issuer said invalid_client' });
    const credentials = service.credentialsOf(target);
    await credentials.refused(
      challengeOf(target),
      await credentials.headers(null, { method: 'POST', url: target.url }),
      null,
    );
    expect((await store.readAll()).clients).toEqual([]);
    await service.close();
  });

  it('the login of a connector that is no longer used is not refreshed', async () => {
    const wanted = new Set(['crm', 'gone']);
    const { service, issuer } = serviceUnderTest({ isWanted: (connectorId) => wanted.has(connectorId) });
    await logInTo(service, targetOf('crm'));
    await logInTo(service, targetOf('gone'));
    wanted.delete('gone');
    await vi.advanceTimersByTimeAsync(3_600_000 * 0.9);
    expect(issuer.refreshed).toHaveLength(1);
    await service.close();
  });
});
