import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectorProxyManager } from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { secret } from '../../helpers/evidence.ts';
import { LocalFile } from '../../helpers/local-file.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { AuthorizationServer } from '../../helpers/logins/authorization-server.ts';
import { ProtectedMcpServer } from '../../helpers/logins/protected-mcp-server.ts';
import { ScriptedBrowser } from '../../helpers/logins/scripted-browser.ts';
import { manage } from '../../helpers/manager.ts';
import { entry } from '../../helpers/signed-map.ts';

const VARIABLE = 'SWITCHYARD_TEST_LOGIN';
const REDIRECT = 'http://127.0.0.1:9/callback';
const SECRET = secret('of a client');

const machine = (more: object) =>
  ({
    client_id: 'machine',
    redirect_uris: [],
    response_types: [],
    grant_types: ['client_credentials'],
    ...more,
  }) as const;

const inState = (manager: ConnectorProxyManager, state: string): Promise<void> =>
  eventually(`the connector is ${state}`, () => manager.status().connectors[0]?.state === state);

afterEach(() => {
  delete process.env[VARIABLE];
});

describe('a map entry whose connector logs in without a person', () => {
  const settings = { grant: 'client_credentials', clientId: 'machine', scopes: ['tools'] };

  it('a map entry can log in with a client secret from a variable that `allowEnv` names', async () => {
    await using issuer = await AuthorizationServer.start({ clients: [machine({ client_secret: SECRET })] });
    await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
    process.env[VARIABLE] = SECRET;
    const oauth = { ...settings, clientSecretEnv: VARIABLE };
    await using it = await manage([entry('a', { endpoint: server.url, oauth })], { allowEnv: [VARIABLE] });
    await it.manager.sync();
    await it.manager.ready('a', { timeoutMs: 10_000 });
    expect(await it.manager.callTool('a.whoami', {})).toMatchObject({ content: [{ text: 'you are in' }] });
    expect(issuer.tokenRequests).toEqual([{ grantType: 'client_credentials', status: 200, error: null }]);
    expect(JSON.stringify([it.manager.status(), await it.manager.logins(), it.lines])).not.toContain(SECRET);
  });

  it('a map entry can log in with a private key whose variable is named under `auth`', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' };
    const client = machine({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } });
    await using issuer = await AuthorizationServer.start({ clients: [client as never] });
    await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
    process.env[VARIABLE] = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const auth = { type: 'oauth', ...settings, privateKeyEnv: VARIABLE, issuer: issuer.issuer };
    await using it = await manage([entry('a', { endpoint: server.url, auth })], { allowEnv: [VARIABLE] });
    await it.manager.sync();
    await it.manager.ready('a', { timeoutMs: 10_000 });
    expect(issuer.tokenRequests).toEqual([{ grantType: 'client_credentials', status: 200, error: null }]);
  });

  it('a connector fails without any request if `allowEnv` does not contain the variable with its client secret', async () => {
    await using issuer = await AuthorizationServer.start({ clients: [machine({ client_secret: SECRET })] });
    await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
    process.env[VARIABLE] = SECRET;
    const wanting = (clientSecretEnv: string) =>
      entry('a', { endpoint: server.url, oauth: { ...settings, clientSecretEnv } });
    await using it = await manage([wanting('SWITCHYARD_TEST_OTHER')], { allowEnv: [VARIABLE] });
    await it.manager.sync();
    await inState(it.manager, 'failed');
    expect(it.manager.status().connectors[0]?.lastError).toMatchObject({ code: 'LOGIN_SECRET_MISSING' });
    expect(issuer.tokenRequests).toEqual([]);
    await it.publish([wanting(VARIABLE)]);
    await it.manager.ready('a', { timeoutMs: 10_000 });
  });

  it.each([
    [{ dpop: true }, 'DPoP'],
    [{ grant: 'id-jag' }, 'ID-JAG'],
    [{ workloadIdentity: {} }, 'workload identity'],
  ])('a connector whose `oauth` is %j fails, and its error names the unsupported feature', async (oauth, named) => {
    await using issuer = await AuthorizationServer.start();
    await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
    await using it = await manage([entry('a', { endpoint: server.url, oauth })]);
    await it.manager.sync();
    await inState(it.manager, 'failed');
    expect(it.manager.status().connectors[0]?.lastError).toMatchObject({
      code: 'LOGIN_UNSUPPORTED',
      message: expect.stringContaining(named),
    });
    expect(issuer.tokenRequests).toEqual([]);
  });

  it('no secret and no token is sent for a map entry that requires DPoP, which is not supported', async () => {
    await using issuer = await AuthorizationServer.start({ clients: [machine({ client_secret: SECRET })] });
    await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
    process.env[VARIABLE] = SECRET;
    const wanting = (more: object) =>
      entry('a', { endpoint: server.url, oauth: { ...settings, clientSecretEnv: VARIABLE, ...more } });
    await using it = await manage([wanting({ dpop: true })], { allowEnv: [VARIABLE] });
    await it.manager.sync();
    await inState(it.manager, 'failed');
    expect(it.manager.status().connectors[0]?.lastError).toMatchObject({ code: 'LOGIN_UNSUPPORTED' });
    expect(issuer.tokenRequests).toEqual([]);
    await it.publish([wanting({})]);
    await it.manager.ready('a', { timeoutMs: 10_000 });
    await it.publish([wanting({ dpop: true })]);
    await inState(it.manager, 'failed');
    expect(it.manager.status().connectors[0]?.lastError).toMatchObject({ code: 'LOGIN_UNSUPPORTED' });
    expect(issuer.tokenRequests).toHaveLength(1);
  });

  it('a connector stops using the tokens of a client or an issuer that its map entry no longer specifies', async () => {
    await using issuer = await AuthorizationServer.start({ clients: [machine({ client_secret: SECRET })] });
    await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
    process.env[VARIABLE] = SECRET;
    const own = { ...settings, clientSecretEnv: VARIABLE };
    const wanting = (oauth: object) => entry('a', { endpoint: server.url, oauth });
    await using it = await manage([wanting(own)], { allowEnv: [VARIABLE] });
    await it.manager.sync();
    await it.manager.ready('a', { timeoutMs: 10_000 });
    await it.publish([wanting({ ...own, issuer: 'http://127.0.0.1:9' })]);
    await inState(it.manager, 'failed');
    expect(it.manager.status().connectors[0]?.lastError).toMatchObject({ code: 'LOGIN_METADATA_INVALID' });
    await it.publish([wanting({ ...own, grant: 'authorization_code' })]);
    await inState(it.manager, 'needs-login');
    await it.publish([wanting(own)]);
    await it.manager.ready('a', { timeoutMs: 10_000 });
  });

  it('a connector starts no login if its map entry contains `oauth: false`', async () => {
    await using issuer = await AuthorizationServer.start();
    await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
    await using it = await manage([entry('a', { endpoint: server.url, oauth: false })]);
    await it.manager.sync();
    await inState(it.manager, 'failed');
    expect([it.manager.status().connectors[0]?.lastError?.code, issuer.paths]).toEqual(['CONNECTOR_REFUSED', []]);
    await it.publish([entry('a', { endpoint: server.url })]);
    await inState(it.manager, 'needs-login');
  });
});

it('a connector logs in with a new client secret immediately after the local file was corrected', async () => {
  await using issuer = await AuthorizationServer.start({ clients: [machine({ client_secret: SECRET })] });
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  const settings = { grant: 'client_credentials', clientId: 'machine', scopes: ['tools'] };
  const connectors = (clientSecret: string) => ({ a: { url: server.url, oauth: { ...settings, clientSecret } } });
  using file = new LocalFile(connectors(secret('that is wrong')));
  await using manager = new ConnectorProxyManager({ configFile: file.path });
  await manager.sync();
  await eventually('it was refused', () => manager.status().connectors[0]?.lastError?.code === 'LOGIN_FAILED');
  file.write(connectors(SECRET));
  await manager.sync(true);
  await manager.ready('a', { timeoutMs: 10_000 });
  expect(issuer.tokenRequests.filter(({ status }) => status === 200)).toHaveLength(1);
});

it('a connector from a Cursor file logs in with the client and scopes of its `auth` member, and shows no secret', async () => {
  const client = {
    client_id: 'by-hand',
    client_secret: SECRET,
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
  };
  await using issuer = await AuthorizationServer.start({ clients: [client as never], registration: false });
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  process.env[VARIABLE] = SECRET;
  const auth = { CLIENT_ID: 'by-hand', CLIENT_SECRET: `\${env:${VARIABLE}}`, scopes: ['tools', 'offline_access'] };
  using file = new LocalFile({ cursor: { url: server.url, auth } });
  const logger = recordingLogger();
  await using manager = new ConnectorProxyManager({ configFile: file.path, logger });
  await manager.sync();
  await inState(manager, 'needs-login');
  const started = await manager.startLogin('cursor', { redirectUrl: REDIRECT });
  expect(new URL(started.authorizationUrl).searchParams.get('client_id')).toBe('by-hand');
  expect(new URL(started.authorizationUrl).searchParams.get('scope')).toBe('tools offline_access');
  const { url } = await new ScriptedBrowser().follow(started.authorizationUrl, { stopAt: REDIRECT });
  expect(await manager.finishLogin(new URL(url).searchParams)).toEqual({ connectorId: 'cursor' });
  await manager.ready('cursor', { timeoutMs: 10_000 });
  expect(manager.listTools().map(({ name }) => name)).toEqual(['cursor.whoami']);
  const shown = [manager.status(), await manager.logins(), manager.listConnectors(), logger.lines];
  expect(JSON.stringify(shown)).not.toContain(SECRET);
});
