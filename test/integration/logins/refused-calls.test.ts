import { expect, test } from 'vitest';
import * as z from 'zod';
import { eventually } from '../../helpers/eventually.ts';
import { AuthorizationServer } from '../../helpers/logins/authorization-server.ts';
import { logIn } from '../../helpers/logins/log-in.ts';
import { ProtectedMcpServer } from '../../helpers/logins/protected-mcp-server.ts';
import { manage } from '../../helpers/manager.ts';
import type { AddTools } from '../../helpers/mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';

const addTools: AddTools = (server) => {
  for (const name of ['read', 'deploy'])
    server.registerTool(name, { inputSchema: z.object({}) }, () => ({ content: [{ type: 'text', text: name }] }));
};

const OPEN = ['server/discover', 'initialize', 'notifications/initialized', 'tools/list', 'subscriptions/listen'];

test('if a tool call needs more scopes, only this call fails, and the other tools of the connector still work', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({
    ...{ issuer: issuer.issuer, addTools },
    toolScopes: { deploy: 'admin' },
  });
  await using world = await manage([entry('crm', { endpoint: server.url })]);
  const { manager } = world;
  await manager.sync();
  await logIn(manager, 'crm');
  await manager.ready('crm');
  const since = manager.connector('crm')?.status?.since;
  await expect(manager.callTool('crm.deploy')).rejects.toMatchObject({
    code: 'CONNECTOR_LOGIN_NEEDED',
    message: expect.stringMatching(/a login with more scopes at .*: run `mcp-switchyard auth login crm`\.$/),
    detail: { connectorId: 'crm', status: 403, wasAuthorized: true },
  });
  expect(await manager.callTool('crm.read')).toMatchObject({ content: [{ text: 'read' }] });
  expect(manager.connector('crm')?.status).toMatchObject({ state: 'ready', since });

  await logIn(manager, 'crm');
  await eventually('it is connected with the new login', () => {
    const status = manager.connector('crm')?.status;
    return status?.state === 'ready' && status.since !== since;
  });
  expect(await manager.callTool('crm.deploy')).toMatchObject({ content: [{ text: 'deploy' }] });
});

test('if a tool call needs a login but connecting does not, only the call fails', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer, addTools, open: OPEN });
  await using world = await manage([entry('crm', { endpoint: server.url })]);
  const { manager } = world;
  await manager.sync();
  expect(manager.listTools().map(({ name }) => name)).toEqual(['crm.deploy', 'crm.read']);
  const { since } = manager.connector('crm')?.status ?? {};
  for (const name of ['crm.read', 'crm.deploy'])
    await expect(manager.callTool(name)).rejects.toMatchObject({
      code: 'CONNECTOR_LOGIN_NEEDED',
      detail: { status: 401, wasAuthorized: false, issuer: issuer.issuer },
    });
  expect(manager.connector('crm')?.status).toMatchObject({ state: 'ready', since, toolCount: 2 });
  await logIn(manager, 'crm');
  await eventually('calls go through', () =>
    manager.callTool('crm.read').then(
      () => true,
      () => false,
    ),
  );
});

test('twenty connectors of one origin that need a login are tried once each, and do not delay another connector', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  await using other = await ProtectedMcpServer.start({
    issuer: issuer.issuer,
    addTools,
    open: [...OPEN, 'tools/call'],
  });
  const locked = Array.from({ length: 20 }, (_, index) => entry(`locked-${index}`, { endpoint: server.url }));
  await using world = await manage([...locked, entry('open', { endpoint: other.url })], {
    featureFlags: { asyncRefresh: true, refreshIntervalMs: 1_000 },
  });
  const { manager } = world;
  await manager.sync();
  await manager.ready('all');
  expect(Object.fromEntries(manager.countByState())).toEqual({ 'needs-login': 20, ready: 1 });
  const asked = server.statuses.length;
  const outcomes = await Promise.allSettled(locked.map(({ id }) => manager.callTool(`${id}.whoami`)));
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  expect(await manager.callTool('open.read')).toMatchObject({ content: [{ text: 'read' }] });
  // Each connector made one attempt, which may send tools/list in parallel to server/discover.
  expect(asked).toBeGreaterThanOrEqual(20);
  expect(asked).toBeLessThanOrEqual(40);
  expect(server.statuses.length).toBe(asked);
});
