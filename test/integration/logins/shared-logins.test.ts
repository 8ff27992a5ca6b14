import { expect, test } from 'vitest';
import { ConnectorProxyManager } from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { LocalFile } from '../../helpers/local-file.ts';
import { AuthorizationServer } from '../../helpers/logins/authorization-server.ts';
import { logIn } from '../../helpers/logins/log-in.ts';
import { LoginProcess } from '../../helpers/logins/login-process.ts';
import { ProtectedMcpServer } from '../../helpers/logins/protected-mcp-server.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

test('a login or logout in one process reaches the connector of another process within about a second', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  using state = new TempDir();
  using file = new LocalFile({ crm: { url: server.url } });
  await using other = new LoginProcess(state.path, file.path);
  await using manager = new ConnectorProxyManager({ configFile: file.path, stateDir: state.path });
  await Promise.all([manager.sync(), other.ask('sync')]);
  const stateOf = (): string | undefined => manager.connector('crm')?.status?.state;
  expect(stateOf()).toBe('needs-login');
  await other.logIn('crm');
  await eventually('it is up', () => stateOf() === 'ready', 1_500);
  expect(await manager.callTool('crm.whoami')).toMatchObject({ content: [{ text: 'you are in' }] });
  expect(await other.ask('logout', 'crm')).toBe(true);
  await eventually('it needs a login', () => stateOf() === 'needs-login', 1_500);
});

test('a connector with a valid token sends the same requests as one that needs no login, and requests no new token', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  await using open = await ProtectedMcpServer.start({
    issuer: issuer.issuer,
    open: ['server/discover', 'initialize', 'notifications/initialized', 'tools/list'],
  });
  using state = new TempDir();
  using file = new LocalFile({ crm: { url: server.url } });
  {
    await using manager = new ConnectorProxyManager({ configFile: file.path, stateDir: state.path });
    await manager.sync();
    await logIn(manager, 'crm');
    await manager.ready('crm');
  }
  const before = issuer.paths.length;
  server.statuses.length = 0;
  using other = new LocalFile({ free: { url: open.url } });
  await using without = new ConnectorProxyManager({ configFile: other.path });
  await using manager = new ConnectorProxyManager({ configFile: file.path, stateDir: state.path });
  await Promise.all([without.sync(), manager.sync()]);
  await Promise.all([without.ready('free'), manager.ready('crm')]);
  expect(server.statuses).toEqual(open.statuses);
  expect(server.statuses.every((status) => status < 300)).toBe(true);
  expect(issuer.paths.slice(before).filter((path) => path !== '/jwks')).toEqual([]);
});
