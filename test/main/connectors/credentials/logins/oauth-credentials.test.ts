import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Credentials, Sending } from '../../../../../src/main/connectors/credentials/credentials.ts';
import { SwitchyardError } from '../../../../../src/shared/errors.ts';
import {
  challengeOf,
  logInTo,
  serviceUnderTest,
  targetOf,
} from '../../../../helpers/logins/login-service-under-test.ts';

const crm = targetOf('crm');
const sending: Sending = { method: 'POST', url: crm.url };
const sendBy = async (credentials: Credentials): Promise<readonly string[]> => credentials.headers(null, sending);
const tokenIn = (headers: readonly string[]): string => headers[1]?.replace('Bearer ', '') ?? '';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

describe('OAuthCredentials', () => {
  it('OAuthCredentials adds no header, and loads no login code, for a connector without a login', async () => {
    const { service, issuer } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    expect(await sendBy(credentials)).toEqual([]);
    expect(credentials.headers(null, sending)).toEqual([]);
    expect([issuer.loads, service.view(crm)]).toEqual([0, null]);
    await service.close();
  });

  it('OAuthCredentials requires a login after each 401, but discovers the issuer and logs the reason only once', async () => {
    const { service, issuer, lines } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    const challenge = challengeOf(crm, 401, 'Bearer scope="tools"');
    for (const _ of [1, 2, 3]) {
      const verdict = await credentials.refused(challenge, [], null);
      expect(verdict).toMatchObject({
        kind: 'login',
        error: {
          code: 'CONNECTOR_LOGIN_NEEDED',
          message: 'Connector crm wants a login at https://issuer.test: run `mcp-switchyard auth login crm`.',
          detail: {
            connectorId: 'crm',
            issuer: 'https://issuer.test',
            status: 401,
            scope: 'tools',
            wasAuthorized: false,
          },
        },
      });
    }
    expect(issuer.discoveries).toBe(1);
    expect(lines.filter(({ fields }) => fields.event === 'login-needed')).toHaveLength(1);
    expect(service.view(crm)).toMatchObject({ state: 'none', issuer: 'https://issuer.test' });
    await service.close();
  });

  it('OAuthCredentials writes each reason for a login to the log once, and at most four reasons before the next login', async () => {
    const { service, issuer, lines } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    const needed = () => lines.filter(({ fields }) => fields.event === 'login-needed').length;
    for (let count = 0; count < 100; count += 1) {
      issuer.issuer = `https://issuer-${count}.test`;
      const address = `https://crm.test/${count}`;
      await credentials.refused(challengeOf(crm, 401, `Bearer resource_metadata="${address}"`), [], null);
      await credentials.refused(challengeOf(crm, 403, 'Bearer error="insufficient_scope", scope="x"'), [], null);
    }
    expect([issuer.discoveries, needed()]).toEqual([100, 4]);
    await logInTo(service, crm);
    const refusal = challengeOf(crm, 403, 'Bearer error="insufficient_scope", scope="y"');
    await credentials.refused(refusal, await sendBy(credentials), null);
    expect(needed()).toBe(5);
    await service.close();
  });

  it('OAuthCredentials neither logs in nor refreshes after a rejection of the request that ends a session', async () => {
    const { service, issuer, lines } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    const ended = (status: 401 | 403, headers: readonly string[]) =>
      credentials.refused({ ...challengeOf(crm, status), method: 'DELETE' }, headers, null);
    expect(await ended(401, [])).toEqual({ kind: 'refused', hint: null });
    expect([issuer.discoveries, lines]).toEqual([0, []]);
    await logInTo(service, crm);
    const sent = await sendBy(credentials);
    for (const status of [401, 403] as const)
      expect(await ended(status, sent)).toEqual({ kind: 'refused', hint: null });
    expect(issuer.refreshed).toEqual([]);
    expect(service.view(crm)).toMatchObject({ state: 'logged-in' });
    // The session may have been opened with an older token, so the request is retried with the new one.
    expect(await ended(401, ['authorization', 'Bearer old'])).toEqual({ kind: 'retry' });
    await service.close();
  });

  it('OAuthCredentials suggests a header or a login if it cannot know whether the server supports logins', async () => {
    const { service, issuer } = serviceUnderTest();
    issuer.hasMetadata = false;
    const verdict = await service.credentialsOf(crm).refused(challengeOf(crm, 401, 'Basic realm="x"'), [], null);
    expect(verdict).toMatchObject({
      kind: 'refused',
      hint: expect.stringMatching(/headers of its entry.*auth login crm/),
    });
    await service.close();
  });

  it('OAuthCredentials returns the token of a login synchronously, without a request', async () => {
    const { service, issuer, told } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    expect(credentials.headers(null, sending)).toEqual(['authorization', expect.stringContaining('Bearer ')]);
    expect(service.credentialsOf({ ...crm })).toBe(credentials);
    expect(issuer.refreshed).toEqual([]);
    expect(told).toEqual(['crm']);
    await service.close();
  });

  it('OAuthCredentials refreshes a token once for all requests that find it expired', async () => {
    const { service, issuer } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    const old = tokenIn(await sendBy(credentials));
    // The clock advances without firing a timer, like on a laptop that slept.
    vi.setSystemTime(Date.now() + 2 * 3_600_000);
    const all = await Promise.all(Array.from({ length: 20 }, () => sendBy(credentials)));
    expect(new Set(all.map(tokenIn)).size).toBe(1);
    expect(tokenIn(all[0] ?? [])).not.toBe(old);
    expect(issuer.refreshed).toHaveLength(1);
    await service.close();
  });

  it('many 401s for one token cause a single refresh by OAuthCredentials, even if one of them arrives late', async () => {
    const { service, issuer } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    const sent = await sendBy(credentials);
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, () => credentials.refused(challengeOf(crm), sent, null)),
    );
    expect(verdicts.every(({ kind }) => kind === 'retry')).toBe(true);
    expect(await credentials.refused(challengeOf(crm), sent, null)).toEqual({ kind: 'retry' });
    expect(issuer.refreshed).toHaveLength(1);
    await service.close();
  });

  it('OAuthCredentials requires a login if the server rejects a token that was just refreshed', async () => {
    const { service, issuer } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    await credentials.refused(challengeOf(crm), await sendBy(credentials), null);
    const verdict = await credentials.refused(challengeOf(crm), await sendBy(credentials), null);
    expect(verdict).toMatchObject({ kind: 'login', error: { detail: { wasAuthorized: true } } });
    expect(issuer.refreshed).toHaveLength(1);
    expect(service.view(crm)).toMatchObject({ state: 'lost' });
    await logInTo(service, crm);
    expect(service.view(crm)).toMatchObject({ state: 'logged-in' });
    await service.close();
  });

  it('OAuthCredentials refreshes a new token again if the token expired before it reached the server', async () => {
    const { service, issuer } = serviceUnderTest();
    issuer.lifeMs = 3_000;
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    await credentials.refused(challengeOf(crm), await sendBy(credentials), null);
    const sent = await sendBy(credentials);
    // The clock advances without firing a timer, as in a suspended process, so no background refresh runs. The issuer
    // counts in whole seconds.
    vi.setSystemTime(Date.now() + 2_001);
    expect(await credentials.refused(challengeOf(crm), sent, null)).toEqual({ kind: 'retry' });
    expect(issuer.refreshed).toHaveLength(2);
    expect(service.view(crm)).toMatchObject({ state: 'logged-in' });
    // The next token is rejected early in its lifetime, so an expiry cannot be the reason.
    vi.setSystemTime(Date.now() + 1_000);
    expect(await credentials.refused(challengeOf(crm), await sendBy(credentials), null)).toMatchObject({
      kind: 'login',
    });
    await service.close();
  });

  it('OAuthCredentials reports once that a login is lost, and then requires a person to log in', async () => {
    const { service, issuer, lines, told } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    issuer.onRefresh = async () => ({ kind: 'lost', reason: 'the issuer said invalid_grant' });
    const sent = await sendBy(credentials);
    const verdicts = await Promise.all([1, 2, 3].map(() => credentials.refused(challengeOf(crm), sent, null)));
    for (const verdict of verdicts)
      expect(verdict).toMatchObject({ error: { code: 'CONNECTOR_LOGIN_NEEDED', detail: { wasAuthorized: true } } });
    expect(await sendBy(credentials)).toEqual([]);
    expect(lines.filter(({ fields }) => fields.event === 'login-lost')).toMatchObject([
      {
        level: 'warn',
        fields: { connectorId: 'crm', issuer: 'https://issuer.test', reason: expect.stringContaining('invalid_grant') },
      },
    ]);
    expect(told).toEqual(['crm', 'crm']);
    expect(service.view(crm)).toMatchObject({ state: 'lost', reason: 'the issuer said invalid_grant' });
    await service.close();
  });

  it('OAuthCredentials keeps a login if a refresh fails at the issuer, and retries after growing pauses', async () => {
    const { service, issuer } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    issuer.onRefresh = async () => ({ kind: 'unknown' });
    const sent = await sendBy(credentials);
    const refused = () => credentials.refused(challengeOf(crm), sent, null);
    expect(await refused()).toMatchObject({ kind: 'login', error: { code: 'LOGIN_FAILED' } });
    expect(await refused()).toMatchObject({ kind: 'login', error: { code: 'LOGIN_FAILED' } });
    expect(issuer.refreshed).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_100);
    await refused();
    await vi.advanceTimersByTimeAsync(1_100);
    await refused();
    expect(issuer.refreshed).toHaveLength(2);
    expect(service.view(crm)).toMatchObject({ state: 'logged-in' });
    await service.close();
  });

  it('OAuthCredentials rejects an aborted request immediately, and lets the token refresh continue', async () => {
    const { service, issuer } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    const gate = Promise.withResolvers<void>();
    const renew = issuer.onRefresh;
    issuer.onRefresh = async (tokens, signal) => {
      await gate.promise;
      return renew(tokens, signal);
    };
    const aborting = new AbortController();
    const sent = await sendBy(credentials);
    const refused = credentials.refused(challengeOf(crm), sent, aborting.signal);
    aborting.abort(new SwitchyardError('TOOL_CALL_ABORTED', 'over'));
    await expect(refused).rejects.toMatchObject({ code: 'TOOL_CALL_ABORTED' });
    gate.resolve();
    await vi.waitFor(async () => expect(tokenIn(await sendBy(credentials))).not.toBe(tokenIn(sent)));
    await service.close();
  });

  it('OAuthCredentials sends an expired token if there is no way to refresh it, and requires a login after a rejection', async () => {
    const { service, issuer } = serviceUnderTest();
    issuer.givesRefreshTokens = false;
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    vi.setSystemTime(Date.now() + 2 * 3_600_000);
    const sent = await sendBy(credentials);
    expect(sent).toHaveLength(2);
    expect(service.view(crm)).toMatchObject({ state: 'lost', isRefreshable: false });
    expect(await credentials.refused(challengeOf(crm), sent, null)).toMatchObject({
      error: { code: 'CONNECTOR_LOGIN_NEEDED', detail: { wasAuthorized: true } },
    });
    await service.close();
  });

  it('OAuthCredentials does not use a login whose issuer differs from the issuer in the entry', async () => {
    const { service } = serviceUnderTest();
    await logInTo(service, crm);
    const same = targetOf('crm', { issuer: 'https://issuer.test' });
    expect(await sendBy(service.credentialsOf(same))).toHaveLength(2);
    const other = targetOf('crm', { issuer: 'https://other.test' });
    expect(await sendBy(service.credentialsOf(other))).toEqual([]);
    expect(service.view(other)).toMatchObject({ state: 'none', issuer: 'https://other.test' });
    await service.close();
  });

  it('OAuthCredentials reports the scopes that a call needs even if they cannot be stored', async () => {
    const { service, store } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    vi.spyOn(store, 'saveBinding').mockRejectedValue(new SwitchyardError('STORE_UNAVAILABLE', 'The disk is full.'));
    const challenge = challengeOf(crm, 403, 'Bearer error="insufficient_scope", scope="admin"');
    const verdict = await credentials.refused(challenge, await sendBy(credentials), null);
    expect(verdict).toMatchObject({ error: { code: 'CONNECTOR_LOGIN_NEEDED', detail: { scope: 'tools admin' } } });
    await service.close();
  });

  it('OAuthCredentials fails with LOGIN_UNSUPPORTED if an entry uses a login feature that is not supported', async () => {
    const { service, issuer } = serviceUnderTest();
    const target = targetOf('bound', { unsupported: 'DPoP' });
    const verdict = await service.credentialsOf(target).refused(challengeOf(target), [], null);
    expect(verdict).toMatchObject({ kind: 'login', error: { code: 'LOGIN_UNSUPPORTED' } });
    expect(issuer.loads).toBe(0);
    await service.close();
  });
});
