import { expect, test } from 'vitest';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { eventually } from '../../helpers/eventually.ts';
import { AuthorizationServer } from '../../helpers/logins/authorization-server.ts';
import { logIn, REDIRECT } from '../../helpers/logins/log-in.ts';
import { ProtectedMcpServer } from '../../helpers/logins/protected-mcp-server.ts';
import { manage } from '../../helpers/manager.ts';
import { entry } from '../../helpers/signed-map.ts';

test('a manager can log in, call and refresh, and needs a new login once the server rejects its tokens', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  await using world = await manage([entry('crm', { endpoint: server.url })]);
  const { manager, lines } = world;
  await manager.sync();
  expect(manager.connector('crm')?.status).toMatchObject({
    state: 'needs-login',
    lastError: { code: 'CONNECTOR_LOGIN_NEEDED' },
  });
  expect(await manager.logins()).toMatchObject([{ connectorId: 'crm', state: 'none', issuer: issuer.issuer }]);
  await expect(manager.callTool('crm.whoami')).rejects.toMatchObject({ code: 'CONNECTOR_LOGIN_NEEDED' });

  const started = await logIn(manager, 'crm');
  expect(started).toMatchObject({ issuer: issuer.issuer, resource: server.url, scope: 'tools offline_access' });
  await manager.ready('crm');
  expect(await manager.callTool('crm.whoami')).toMatchObject({ content: [{ text: 'you are in' }] });
  expect(manager.status().connectors).toMatchObject([{ login: { state: 'logged-in', isRefreshable: true } }]);

  // The server now rejects every token, so the manager refreshes once and then needs a login by a person.
  server.refusesAll = true;
  const calls = await Promise.allSettled([1, 2, 3, 4].map(() => manager.callTool('crm.whoami')));
  expect(calls.every(({ status }) => status === 'rejected')).toBe(true);
  expect(issuer.refreshes).toBe(1);
  await eventually('it needs a login', () => manager.connector('crm')?.status?.state === 'needs-login');
  expect(manager.listTools().map(({ name }) => name)).toEqual(['crm.whoami']);

  server.refusesAll = false;
  await logIn(manager, 'crm');
  await manager.ready('crm');
  expect(await manager.logout('crm')).toBe(true);
  await eventually('it needs a login again', () => manager.connector('crm')?.status?.state === 'needs-login');
  expect(await manager.logout('crm')).toBe(false);
  const events = lines.map(({ fields }) => fields.event);
  // The access tokens of this issuer are JWTs, so each begins with `eyJ`.
  expect(JSON.stringify([lines, manager.status(), await manager.logins()])).not.toMatch(/eyJ[\w-]{10}/);
  for (const event of ['login-needed', 'login-done', 'login-refreshed', 'logout']) expect(events).toContain(event);
});

test("a manager accepts a login's redirect only once, and only for a login that it started itself", async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  await using world = await manage([entry('crm', { endpoint: server.url })]);
  const { manager } = world;
  await manager.sync();
  const parameters = new URLSearchParams({ state: 'of somebody else', code: 'x', iss: issuer.issuer });
  await expect(manager.finishLogin(parameters)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
  const [one, other] = [await manager.startLogin('crm', REDIRECT), await manager.startLogin('crm', REDIRECT)];
  const denied = new URLSearchParams({ state: one.state, error: 'access_denied', iss: issuer.issuer });
  await expect(manager.finishLogin(denied)).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
  await expect(manager.finishLogin(denied)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
  const mixedUp = new URLSearchParams({ state: other.state, code: 'x', iss: 'https://evil.example' });
  await expect(manager.finishLogin(mixedUp)).rejects.toMatchObject({ code: 'LOGIN_METADATA_INVALID' });
  await expect(manager.startLogin('nobody', REDIRECT)).rejects.toBeInstanceOf(SwitchyardError);
});
