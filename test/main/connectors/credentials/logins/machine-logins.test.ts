import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Credentials } from '../../../../../src/main/connectors/credentials/credentials.ts';
import { SwitchyardError } from '../../../../../src/shared/errors.ts';
import { challengeOf, serviceUnderTest, targetOf } from '../../../../helpers/logins/login-service-under-test.ts';

const robot = targetOf('robot', { grant: 'client_credentials', clientId: 'robot-1' });
const sendBy = async (credentials: Credentials): Promise<readonly string[]> =>
  credentials.headers(null, { method: 'POST', url: robot.url });

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

describe('MachineLogins', () => {
  it('requests that wait for a client-credentials login share one token, and the login is not reported as a change', async () => {
    const { service, issuer, told } = serviceUnderTest();
    const credentials = service.credentialsOf(robot);
    const sent = await Promise.all([1, 2, 3].map(() => sendBy(credentials)));
    expect(sent.every((headers) => headers.length === 2)).toBe(true);
    expect(issuer.machineRequests).toHaveLength(1);
    expect(told).toEqual([]);
    expect(service.view(robot)).toMatchObject({ state: 'logged-in', clientId: 'robot-1', isRefreshable: true });
    await service.close();
  });

  it('a client-credentials login gets a new token before the old one expires, and after a 401', async () => {
    const { service, issuer } = serviceUnderTest();
    const credentials = service.credentialsOf(robot);
    const sent = await sendBy(credentials);
    expect(await credentials.refused(challengeOf(robot), sent, null)).toEqual({ kind: 'retry' });
    expect(issuer.machineRequests).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(3_600_000 * 0.9);
    expect(issuer.machineRequests).toHaveLength(3);
    expect(issuer.refreshed).toEqual([]);
    await service.close();
  });

  it('a client-credentials login that is refused fails with LOGIN_FAILED, and never asks a person to log in', async () => {
    const { service, issuer } = serviceUnderTest();
    const credentials = service.credentialsOf(robot);
    const renew = issuer.onMachine;
    issuer.onMachine = async () => {
      throw new SwitchyardError('LOGIN_FAILED', 'The issuer said invalid_client.');
    };
    expect(await sendBy(credentials)).toEqual([]);
    expect(await credentials.refused(challengeOf(robot), [], null)).toMatchObject({ error: { code: 'LOGIN_FAILED' } });
    issuer.onMachine = renew;
    await vi.advanceTimersByTimeAsync(2_000);
    const sent = await sendBy(credentials);
    expect(await credentials.refused(challengeOf(robot), sent, null)).toEqual({ kind: 'retry' });
    const again = await credentials.refused(challengeOf(robot), await sendBy(credentials), null);
    expect(again).toMatchObject({ kind: 'login', error: { code: 'LOGIN_FAILED' } });
    await service.close();
  });

  it('a client-credentials login sends its secret only to the first issuer, and to another issuer only after a logout', async () => {
    const { service, issuer, store } = serviceUnderTest();
    const credentials = service.credentialsOf(robot);
    const renew = issuer.onMachine;
    issuer.onMachine = async () => {
      throw new SwitchyardError('LOGIN_FAILED', 'The issuer said invalid_client.');
    };
    await sendBy(credentials);
    expect((await store.readAll()).bindings).toMatchObject([{ key: { issuer: 'https://issuer.test' } }]);
    issuer.onMachine = renew;
    issuer.issuer = 'https://elsewhere.test';
    issuer.forgetsDiscoveries = true;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await credentials.refused(challengeOf(robot), [], null)).toMatchObject({
      error: { code: 'LOGIN_METADATA_INVALID', message: expect.stringContaining('auth logout robot') },
    });
    expect(issuer.machineRequests).toHaveLength(1);
    await service.logout(robot);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await sendBy(credentials)).toHaveLength(2);
    expect(service.view(robot)).toMatchObject({ issuer: 'https://elsewhere.test' });
    await service.close();
  });

  it('a client-credentials login requests further scopes for a server at most three times in ten minutes', async () => {
    const { service, issuer } = serviceUnderTest();
    const credentials = service.credentialsOf(robot);
    const step = async (scope: string) => {
      const sent = await sendBy(credentials);
      return credentials.refused(
        challengeOf(robot, 403, `Bearer error="insufficient_scope", scope="${scope}"`),
        sent,
        null,
      );
    };
    for (const scope of ['a', 'b', 'c']) expect(await step(scope)).toEqual({ kind: 'retry' });
    expect(issuer.machineRequests).toEqual(['tools', 'tools a', 'tools a b', 'tools a b c']);
    expect(await step('d')).toMatchObject({ kind: 'login', error: { code: 'LOGIN_FAILED' } });
    expect(await step('a')).toMatchObject({ kind: 'refused' });
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(await step('d')).toEqual({ kind: 'retry' });
    await service.close();
  });
});
