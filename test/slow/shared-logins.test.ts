import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { LocalFile } from '../helpers/local-file.ts';
import { AuthorizationServer } from '../helpers/logins/authorization-server.ts';
import { LoginProcess } from '../helpers/logins/login-process.ts';
import { ProtectedMcpServer } from '../helpers/logins/protected-mcp-server.ts';
import { TempDir } from '../helpers/temp-dir.ts';

test('two processes that share a login never use the same refresh token twice', async () => {
  await using issuer = await AuthorizationServer.start({ tokenTtlSeconds: 3 });
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  using state = new TempDir();
  using file = new LocalFile({ crm: { url: server.url } });
  await using one = new LoginProcess(state.path, file.path);
  await using two = new LoginProcess(state.path, file.path);
  await Promise.all([one.ask('sync'), two.ask('sync')]);
  await one.logIn('crm');
  for (const process of [one, two])
    await eventually('it is up', async () => (await process.ask('state', 'crm')) === 'ready');
  const failures: string[] = [];
  let isOver = false;
  const caller = async (process: LoginProcess): Promise<void> => {
    while (!isOver) await process.ask('call', 'crm.whoami').catch((error: Error) => void failures.push(error.message));
  };
  const calling = [one, two, one, two].map(caller);
  await eventually('eight refreshes', () => issuer.refreshes >= 8, 60_000);
  isOver = true;
  await Promise.all(calling);
  expect(failures).toEqual([]);
  expect(issuer.tokenRequests.filter(({ error }) => error !== null)).toEqual([]);
  // Both processes use each token for most of its lifetime, whichever process received the token.
  expect(issuer.refreshes).toBeLessThan(11);
  await Promise.all([one.ask('close'), two.ask('close')]);
});

test('only one login is lost if a process is killed before it stores a refreshed token, and the loss is reported', async () => {
  let victim: LoginProcess | null = null;
  await using issuer = await AuthorizationServer.start({
    intercept: (request, response) => {
      const dying = victim;
      if (dying === null || request.url !== '/token') return false;
      // The process is killed after the issuer has rotated the token, so the response never arrives.
      const end = response.end.bind(response) as (...given: unknown[]) => typeof response;
      response.end = ((...given: unknown[]) => {
        victim = null;
        dying.child.kill('SIGKILL');
        return end(...given);
      }) as typeof response.end;
      return false;
    },
  });
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  await using wiki = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  using state = new TempDir();
  using file = new LocalFile({ crm: { url: server.url }, wiki: { url: wiki.url } });
  await using first = new LoginProcess(state.path, file.path);
  await first.ask('sync');
  await first.logIn('crm');
  await first.logIn('wiki');
  for (const id of ['crm', 'wiki'])
    await eventually('it is up', async () => (await first.ask('state', id)) === 'ready');
  victim = first;
  // The server rejects the token, so that the process refreshes it.
  server.refusesAll = true;
  await expect(first.ask('call', 'crm.whoami')).rejects.toThrow('The process has ended');
  expect(issuer.refreshes).toBe(1);
  server.refusesAll = false;

  await using next = new LoginProcess(state.path, file.path);
  await next.ask('sync');
  // The old access token still works, so nothing is refreshed yet.
  expect(await next.ask('call', 'crm.whoami')).toBe(true);
  server.refusesAll = true;
  await expect(next.ask('call', 'crm.whoami')).rejects.toThrow('CONNECTOR_LOGIN_NEEDED');
  server.refusesAll = false;
  await eventually('it needs a login', async () => (await next.ask('state', 'crm')) === 'needs-login');
  expect(
    issuer.tokenRequests.filter(({ grantType }) => grantType === 'refresh_token').map(({ error }) => error),
  ).toEqual([null, 'invalid_grant']);
  expect(await next.ask('logins')).toMatchObject([
    { connectorId: 'crm', state: 'lost', reason: expect.stringContaining('invalid_grant') },
    { connectorId: 'wiki', state: 'logged-in' },
  ]);
  expect(await next.ask('call', 'wiki.whoami')).toBe(true);
  await next.logIn('crm');
  await eventually('it is up again', async () => (await next.ask('state', 'crm')) === 'ready');
});
