import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ConnectorProxyManager } from '../../src/main/index.ts';
import { eventually } from '../helpers/eventually.ts';
import { AuthorizationServer, type AuthorizationServerOptions } from '../helpers/logins/authorization-server.ts';
import { logIn, REDIRECT } from '../helpers/logins/log-in.ts';
import { ProtectedMcpServer } from '../helpers/logins/protected-mcp-server.ts';
import { ScriptedBrowser } from '../helpers/logins/scripted-browser.ts';
import { manage } from '../helpers/manager.ts';
import { entry } from '../helpers/signed-map.ts';

interface World extends AsyncDisposable {
  readonly issuer: AuthorizationServer;
  readonly manager: ConnectorProxyManager;
}

/** Starts an issuer with these options, a server that introspects each token, and a manager that needs a login. */
async function start(options: AuthorizationServerOptions, oauth: object = {}): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const issuer = stack.use(await AuthorizationServer.start({ isOpaque: true, ...options }));
  const scopesOf = issuer.scopesOf.bind(issuer);
  const server = stack.use(await ProtectedMcpServer.start({ issuer: issuer.issuer, scopesOf }));
  const { manager } = stack.use(
    await manage([entry('crm', { endpoint: server.url, oauth })], { allowEnv: ['ISSUER_VARIANTS_KEY'] }),
  );
  await manager.sync();
  const everything = stack.move();
  return { issuer, manager, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

async function expectIn(manager: ConnectorProxyManager): Promise<void> {
  await manager.ready('crm');
  expect(await manager.callTool('crm.whoami')).toMatchObject({ content: [{ text: 'you are in' }] });
}

test('a manager logs in at an issuer that has a path in its URL and requires `offline_access` for refresh tokens', async () => {
  await using world = await start({ path: '/tenant', wantsOfflineAccess: true, tokenTtlSeconds: 4 });
  const { manager, issuer } = world;
  const started = await logIn(manager, 'crm');
  expect(started).toMatchObject({ issuer: issuer.issuer, scope: 'tools offline_access' });
  await expectIn(manager);
  await eventually('its token is refreshed', () => issuer.refreshes > 1, 20_000);
  await expectIn(manager);
});

test('a manager reuses a refresh token if the issuer returns no new one', async () => {
  await using world = await start({ rotates: false, tokenTtlSeconds: 2 });
  const { manager, issuer } = world;
  await logIn(manager, 'crm');
  await expectIn(manager);
  await eventually('its token is refreshed', () => issuer.refreshes > 2, 20_000);
  await expectIn(manager);
  expect(issuer.tokenRequests.filter(({ error }) => error !== null)).toEqual([]);
});

test('no call fails while tokens expire and are refreshed every two seconds', async () => {
  await using world = await start({ tokenTtlSeconds: 2 });
  const { manager, issuer } = world;
  await logIn(manager, 'crm');
  await expectIn(manager);
  while (issuer.refreshes < 4) await Promise.all([1, 2, 3, 4].map(() => expectIn(manager)));
  expect(issuer.tokenRequests.filter(({ error }) => error !== null)).toEqual([]);
});

test('a login fails with an explanation if the issuer does not know the resource', async () => {
  await using world = await start({ knowsResource: () => false });
  const { manager } = world;
  const { authorizationUrl } = await manager.startLogin('crm', REDIRECT);
  const came = await new ScriptedBrowser().follow(authorizationUrl, { stopAt: REDIRECT.redirectUrl });
  await expect(manager.finishLogin(new URL(came.url).searchParams)).rejects.toMatchObject({
    code: 'LOGIN_FAILED',
    message: expect.stringContaining('invalid_target: this resource is unknown'),
  });
  expect(manager.connector('crm')?.status?.state).toBe('needs-login');
});

test('a person can log in through an OAuth client that authenticates with a private key', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const client = {
    ...{ client_id: 'gateway', token_endpoint_auth_method: 'private_key_jwt', redirect_uris: [REDIRECT.redirectUrl] },
    ...{ grant_types: ['authorization_code', 'refresh_token'], application_type: 'native' },
    ...{ token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [publicKey.export({ format: 'jwk' })] } },
  };
  process.env.ISSUER_VARIANTS_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const oauth = { clientId: 'gateway', privateKeyEnv: 'ISSUER_VARIANTS_KEY' };
  await using world = await start({ registration: false, clients: [client as never], tokenTtlSeconds: 4 }, oauth);
  const { manager, issuer } = world;
  await logIn(manager, 'crm');
  await expectIn(manager);
  await eventually('its token is refreshed', () => issuer.refreshes > 0, 20_000);
  await expectIn(manager);
});

test('a token is refreshed by the OAuth client that logged in, even after the host registered another one', async () => {
  await using issuer = await AuthorizationServer.start({ tokenTtlSeconds: 4 });
  await using one = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  await using other = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  const entries = [entry('crm', { endpoint: one.url }), entry('erp', { endpoint: other.url })];
  await using world = await manage(entries);
  const { manager } = world;
  await manager.sync();
  await logIn(manager, 'crm');
  await expectIn(manager);
  const redirectUrl = 'http://127.0.0.1:8/login/callback';
  const { authorizationUrl } = await manager.startLogin('erp', { redirectUrl });
  const came = await new ScriptedBrowser().follow(authorizationUrl, { stopAt: redirectUrl });
  await manager.finishLogin(new URL(came.url).searchParams);
  expect(issuer.paths.filter((path) => path === '/reg')).toHaveLength(2);
  await eventually('both are refreshed', () => issuer.refreshes > 3, 20_000);
  await expectIn(manager);
  expect(issuer.tokenRequests.filter(({ error }) => error !== null)).toEqual([]);
});
