import { expect, test } from 'vitest';
import { secret } from '../../helpers/evidence.ts';
import { AuthorizationServer } from '../../helpers/logins/authorization-server.ts';
import { logIn } from '../../helpers/logins/log-in.ts';
import { ProtectedMcpServer } from '../../helpers/logins/protected-mcp-server.ts';
import { manage } from '../../helpers/manager.ts';
import type { AddTools } from '../../helpers/mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';

const addTools: AddTools = (server) => {
  for (const name of ['whoami', 'purge'])
    server.registerTool(name, { description: name }, async () => ({ content: [{ type: 'text', text: 'you are in' }] }));
};
const toolScopes = { purge: 'admin' };
const robot = {
  client_id: 'robot',
  client_secret: secret('of-a-robot'),
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  scope: 'tools admin',
};
const machine = { clientId: 'robot', clientSecretEnv: 'SWITCHYARD_TEST_ROBOT', grant: 'client_credentials' };

test('a call that needs more scopes fails with a request to log in for these scopes, and the connector stays up', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer, addTools, toolScopes });
  await using world = await manage([entry('crm', { endpoint: server.url })]);
  const { manager } = world;
  await manager.sync();
  await logIn(manager, 'crm');
  await manager.ready('crm');
  await expect(manager.callTool('crm.purge')).rejects.toMatchObject({
    code: 'CONNECTOR_LOGIN_NEEDED',
    detail: { status: 403, scope: expect.stringMatching(/^(?=.*\btools\b)(?=.*\badmin\b)/) },
  });
  expect(manager.connector('crm')?.status?.state).toBe('ready');
  expect(await manager.callTool('crm.whoami')).not.toHaveProperty('isError', true);
  const { scope } = await logIn(manager, 'crm');
  expect(scope?.split(' ')).toEqual(expect.arrayContaining(['tools', 'admin']));
  await manager.ready('crm');
  expect(await manager.callTool('crm.purge')).toMatchObject({ content: [{ text: 'you are in' }] });
  expect(issuer.tokenRequests.map(({ grantType }) => grantType)).toEqual(['authorization_code', 'authorization_code']);
});

test('a connector with client credentials gets missing scopes, and a new token after a 401, without asking a person', async () => {
  process.env[machine.clientSecretEnv] = robot.client_secret;
  await using issuer = await AuthorizationServer.start({ clients: [robot] });
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer, addTools, toolScopes });
  const entries = [entry('crm', { endpoint: server.url, oauth: machine })];
  {
    await using refused = await manage(entries);
    await refused.manager.sync();
    expect(refused.manager.connector('crm')?.status).toMatchObject({
      state: 'failed',
      lastError: { code: 'LOGIN_SECRET_MISSING', message: expect.stringContaining('allowEnv') },
    });
    expect(issuer.tokenRequests).toEqual([]);
  }
  await using world = await manage(entries, { allowEnv: [machine.clientSecretEnv] });
  const { manager } = world;
  await manager.sync();
  await manager.ready('crm');
  expect(await manager.callTool('crm.purge')).toMatchObject({ content: [{ text: 'you are in' }] });
  expect(issuer.tokenRequests).toMatchObject([
    { grantType: 'client_credentials', error: null },
    { grantType: 'client_credentials', error: null },
  ]);
  expect(manager.status().connectors).toMatchObject([{ login: { state: 'logged-in', clientId: 'robot' } }]);
  server.refusesAll = true;
  await expect(manager.callTool('crm.whoami')).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
  expect(issuer.tokenRequests).toHaveLength(3);
  server.refusesAll = false;
  expect(await manager.callTool('crm.whoami')).toMatchObject({ content: [{ text: 'you are in' }] });
  delete process.env[machine.clientSecretEnv];
});
