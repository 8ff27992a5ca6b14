import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  challengeOf,
  logInTo,
  REDIRECT_URL,
  serviceUnderTest,
  targetOf,
} from '../../../../helpers/logins/login-service-under-test.ts';

const crm = targetOf('crm');
const redirect = (state: string): URLSearchParams => new URLSearchParams({ state, code: 'a code' });

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

describe('LoginFlows', () => {
  it('two pending logins of a connector can each be completed once, and the last completed login takes effect', async () => {
    const { service, issuer, store } = serviceUnderTest();
    const [one, two] = [
      await service.start(crm, { redirectUrl: REDIRECT_URL }),
      await service.start(crm, { redirectUrl: REDIRECT_URL }),
    ];
    expect(one.state).not.toBe(two.state);
    expect(await service.finish(redirect(two.state))).toEqual({ connectorId: 'crm' });
    expect(await service.finish(redirect(one.state))).toEqual({ connectorId: 'crm' });
    for (const { state } of [one, two])
      await expect(service.finish(redirect(state))).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    expect(issuer.redeemed).toBe(2);
    expect((await store.readAll()).logins).toMatchObject([{ generation: 2 }]);
    await service.close();
  });

  it('a login redirect is rejected after ten minutes', async () => {
    const { service } = serviceUnderTest();
    const { state, expiresAt } = await service.start(crm, { redirectUrl: REDIRECT_URL });
    expect(expiresAt - Date.now()).toBe(600_000);
    await vi.advanceTimersByTimeAsync(600_000);
    await expect(service.finish(redirect(state))).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    await service.close();
  });

  it('at most a thousand logins are pending, and the oldest is dropped first', async () => {
    const { service } = serviceUnderTest();
    const states: string[] = [];
    for (let count = 0; count < 1_001; count += 1)
      states.push((await service.start(crm, { redirectUrl: REDIRECT_URL })).state);
    await expect(service.finish(redirect(states[0] ?? ''))).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    expect(await service.finish(redirect(states[1] ?? ''))).toEqual({ connectorId: 'crm' });
    await service.close();
  });

  it('one client registration serves all connectors of an issuer', async () => {
    const { service, store } = serviceUnderTest();
    await logInTo(service, crm);
    await logInTo(service, targetOf('wiki'));
    expect((await store.readAll()).clients).toHaveLength(1);
    await service.close();
  });

  it('scopes that a server additionally requires are requested at the next login and at later logins', async () => {
    const { service } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    const sent = await credentials.headers(null, { method: 'POST', url: crm.url });
    const challenge = challengeOf(crm, 403, 'Bearer error="insufficient_scope", scope="tools admin"');
    expect(await credentials.refused(challenge, sent, null)).toMatchObject({
      kind: 'login',
      error: { code: 'CONNECTOR_LOGIN_NEEDED', detail: { status: 403, scope: 'tools admin', wasAuthorized: true } },
    });
    expect(await service.start(crm, { redirectUrl: REDIRECT_URL })).toMatchObject({ scope: 'tools admin' });
    await logInTo(service, crm);
    expect(await service.start(crm, { redirectUrl: REDIRECT_URL })).toMatchObject({ scope: 'tools admin' });
    const other = challengeOf(crm, 403, 'Bearer error="invalid_token"');
    const now = await credentials.headers(null, { method: 'POST', url: crm.url });
    expect(await credentials.refused(other, now, null)).toEqual({ kind: 'refused', hint: null });
    await service.close();
  });

  it('a logout forgets scopes that a server additionally required, because an issuer may refuse them', async () => {
    const { service, store } = serviceUnderTest();
    const credentials = service.credentialsOf(crm);
    await logInTo(service, crm);
    const { scope } = await service.start(crm, { redirectUrl: REDIRECT_URL });
    const sent = await credentials.headers(null, { method: 'POST', url: crm.url });
    await credentials.refused(challengeOf(crm, 403, 'Bearer error="insufficient_scope", scope="bogus"'), sent, null);
    expect((await store.readAll()).bindings).toMatchObject([{ wantedScope: expect.stringContaining('bogus') }]);
    await service.logout(crm);
    expect((await store.readAll()).bindings).toMatchObject([{ wantedScope: null }]);
    expect(await service.start(crm, { redirectUrl: REDIRECT_URL })).toMatchObject({ scope });
    await service.close();
  });

  it('a logout revokes and deletes the tokens, and a second logout has no effect', async () => {
    const { service, issuer, store, told, lines } = serviceUnderTest();
    service.credentialsOf(crm);
    await logInTo(service, crm);
    expect([await service.logout(crm), await service.logout(crm)]).toEqual([true, false]);
    expect(issuer.revoked).toHaveLength(1);
    expect((await store.readAll()).logins).toEqual([]);
    expect(told).toEqual(['crm', 'crm']);
    expect(lines.map(({ fields }) => fields.event)).toEqual(['login-done', 'logout']);
    await service.close();
  });

  it('a manager reports a login or logout by another manager within half a second', async () => {
    const one = serviceUnderTest();
    const two = serviceUnderTest({}, one);
    two.service.credentialsOf(crm);
    await vi.advanceTimersByTimeAsync(500);
    await logInTo(one.service, crm);
    await vi.advanceTimersByTimeAsync(500);
    expect([two.told, two.service.view(crm)]).toMatchObject([['crm'], { state: 'logged-in' }]);
    await one.service.logout(crm);
    await vi.advanceTimersByTimeAsync(500);
    expect([two.told, two.service.view(crm)]).toMatchObject([['crm', 'crm'], { state: 'none' }]);
    await Promise.all([one.service.close(), two.service.close()]);
  });

  it('a manager does not report logins that existed before it started as changes', async () => {
    const one = serviceUnderTest();
    await logInTo(one.service, crm);
    const two = serviceUnderTest({}, one);
    expect(await two.service.credentialsOf(crm).headers(null, { method: 'POST', url: crm.url })).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([two.told, two.issuer.loads]).toEqual([[], one.issuer.loads]);
    await Promise.all([one.service.close(), two.service.close()]);
  });

  it('a login in the browser is rejected for a connector that uses client credentials', async () => {
    const { service } = serviceUnderTest();
    const robot = targetOf('robot', { grant: 'client_credentials', clientId: 'robot' });
    await expect(service.start(robot, { redirectUrl: REDIRECT_URL })).rejects.toMatchObject({
      code: 'LOGIN_UNSUPPORTED',
    });
    await service.close();
  });
});
