import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, expect, it } from 'vitest';
import { killRunning, type RunningCli } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { LoginCli } from '../helpers/logins/login-cli.ts';

afterEach(killRunning);

async function endpointOf({ seen }: RunningCli): Promise<string> {
  await eventually('it listens', () => seen.stdout.includes('\n'), 60_000);
  return (JSON.parse(seen.stdout) as { mcp: string }).mcp;
}

async function toolsOf(client: Client): Promise<readonly string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}

it('a running gateway notices `auth login` and `auth logout` in another process, and notifies its clients', {
  timeout: 120_000,
}, async () => {
  await using world = await LoginCli.start();
  const serve = world.begin(['serve', '--port', '0', '--json']);
  const client = new Client({ name: 'test', version: '1' });
  let changes = 0;
  client.setNotificationHandler('notifications/tools/list_changed', () => {
    changes += 1;
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(await endpointOf(serve))));
  try {
    await eventually('it needs a login', () => serve.seen.stderr.includes('auth login crm'));
    expect(await toolsOf(client)).toEqual([]);
    const login = await world.logIn(['crm']);
    expect(login.code).toBe(0);
    await eventually('the gateway has the tool', async () => (await toolsOf(client)).includes('crm__whoami'), 1_500);
    await eventually('the client was told', () => changes > 0);
    const call = await client.callTool({ name: 'crm__whoami', arguments: {} });
    expect(call.content).toEqual([{ type: 'text', text: 'you are in' }]);

    const logout = await world.run(['auth', 'logout', 'crm', '--json']);
    expect(logout.code).toBe(0);
    expect(JSON.parse(logout.stdout)).toEqual({
      ok: true,
      connectors: [{ connectorId: 'crm', ok: true, wasLoggedIn: true, issuer: world.issuer.issuer, error: null }],
    });
    await eventually('calls fail', async () => {
      const answer = await client.callTool({ name: 'crm__whoami', arguments: {} }).catch((error: unknown) => error);
      return JSON.stringify(answer instanceof Error ? answer.message : answer).includes('login');
    });
    const status = await world.run(['auth', 'status', '--json']);
    expect(status.code).toBe(1);
    expect(JSON.parse(status.stdout)).toMatchObject({ ok: false, connectors: [{ connectorId: 'crm', state: 'none' }] });
    expect(world.leaksIn(login, logout, status, serve.seen)).toEqual([]);
  } finally {
    await client.close();
  }
});
