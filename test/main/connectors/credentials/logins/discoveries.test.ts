import { describe, expect, it } from 'vitest';
import { Discoveries } from '../../../../../src/main/connectors/credentials/logins/discoveries.ts';
import type { LoginProtocol } from '../../../../../src/main/connectors/credentials/logins/login-protocol.ts';
import type { LoginDiscovery } from '../../../../../src/main/connectors/credentials/oauth/login-discovery.ts';
import { challengeOf, targetOf } from '../../../../helpers/logins/login-service-under-test.ts';

const crm = targetOf('crm');

function discoveriesUnderTest(discover: () => Promise<LoginDiscovery> = async () => ({}) as LoginDiscovery) {
  const state = { asked: 0, nowMs: 0 };
  const protocol = {
    discoverLogin: () => {
      state.asked += 1;
      return discover();
    },
  } as unknown as LoginProtocol;
  const discoveries = new Discoveries({
    ...{ protocol: async () => protocol, now: () => state.nowMs },
    ...{ fetchOf: () => fetch, closing: new AbortController().signal },
  });
  const find = (place: number, target = crm) =>
    discoveries.find(target, challengeOf(target, 401, `Bearer resource_metadata="https://crm.test/${place}"`));
  return { find, state };
}

describe('Discoveries', () => {
  it('requests that are rejected within a minute share one discovery of the login server', async () => {
    const { find, state } = discoveriesUnderTest();
    await Promise.all([find(1), find(1)]);
    await find(1);
    expect(state.asked).toBe(1);
    state.nowMs = 60_000;
    await find(1);
    expect(state.asked).toBe(2);
  });

  it('the discovery cache keeps eight results per connector, whatever is looked up for other connectors', async () => {
    const { find, state } = discoveriesUnderTest();
    const wiki = targetOf('wiki');
    await find(0, wiki);
    for (let place = 0; place < 1_000; place += 1) await find(place);
    expect(state.asked).toBe(1_001);
    await find(992);
    await find(0, wiki);
    expect(state.asked).toBe(1_001);
    await find(991);
    expect(state.asked).toBe(1_002);
  });

  it('at most eight login discoveries of a slow server run at a time', async () => {
    const { promise, resolve } = Promise.withResolvers<LoginDiscovery>();
    const { find, state } = discoveriesUnderTest(() => promise);
    const all = Promise.all(Array.from({ length: 1_000 }, (_, place) => find(place)));
    resolve({} as LoginDiscovery);
    await all;
    expect(state.asked).toBe(8);
    await find(1_000);
    expect(state.asked).toBe(9);
  });

  it('a failed login discovery is not cached', async () => {
    const { find, state } = discoveriesUnderTest(() => Promise.reject(new Error('away')));
    await expect(find(1)).rejects.toThrow('away');
    await expect(find(1)).rejects.toThrow('away');
    expect(state.asked).toBe(2);
  });
});
