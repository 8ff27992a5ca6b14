import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { killRunning } from '../../../helpers/cli.ts';
import { runCliHere } from '../../../helpers/cli-in-process.ts';
import { CLI_ENV } from '../../../helpers/cli-world.ts';
import { secret } from '../../../helpers/evidence.ts';
import { AuthorizationServer } from '../../../helpers/logins/authorization-server.ts';
import { LoginCli, printedAddress } from '../../../helpers/logins/login-cli.ts';
import { ProtectedMcpServer } from '../../../helpers/logins/protected-mcp-server.ts';
import { MapServer } from '../../../helpers/map-server.ts';
import { mapNow } from '../../../helpers/map-under-test.ts';
import { entry } from '../../../helpers/signed-map.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

afterEach(killRunning);

// Each test starts several processes.
describe('mcp-switchyard auth login', { timeout: 120_000 }, () => {
  it.each([
    ['standard input ends', ['--no-browser'], 'The input ended'],
    ['nobody logs in within `--login-timeout`', ['--login-timeout', '50'], 'The login to crm was not finished'],
  ])('`auth login` fails if %s', async (_, args, reason) => {
    await using world = await LoginCli.start();
    const ended = await world.run(['auth', 'login', 'crm', ...args]);
    expect([ended.code, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toContain(`crm: LOGIN_FAILED: ${reason}`);
  });

  it('`auth login` logs in without a browser if the connector uses client credentials, and reports a missing secret', async () => {
    const client = { client_id: 'machine', client_secret: secret('machine'), grant_types: ['client_credentials'] };
    await using world = await LoginCli.start({
      issuer: { clients: [{ ...client, redirect_uris: [], response_types: [] }] },
      entries: { crm: { oauth: { grant: 'client_credentials', clientId: 'machine', clientSecretEnv: 'CRM_SECRET' } } },
    });
    const failed = await world.run(['auth', 'login', 'crm']);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/crm: LOGIN_SECRET_MISSING: .*CRM_SECRET/);
    const ended = await world.run(['auth', 'login', 'crm'], { env: { CRM_SECRET: client.client_secret } });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/^crm: logs in automatically .*\(client credentials\); it is up and has 1 tool\n$/);
    expect(world.leaksIn(failed, ended)).toEqual([]);
  });

  it('`auth login` lets a map name only the environment variables that --allow-env allows', async () => {
    const env = { ...CLI_ENV, CRM_SECRET: secret('of-a-map') };
    const client = { client_id: 'machine', client_secret: env.CRM_SECRET, grant_types: ['client_credentials'] };
    await using issuer = await AuthorizationServer.start({
      clients: [{ ...client, redirect_uris: [], response_types: [] }],
    });
    await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
    const oauth = { grant: 'client_credentials', clientId: 'machine', clientSecretEnv: 'CRM_SECRET' };
    await using map = await MapServer.start(mapNow([entry('crm', { endpoint: server.url, oauth })]));
    using state = new TempDir();
    const command = ['auth', 'login', 'crm', '--service-map', map.url, '--state-dir', state.path];
    const refused = await runCliHere(command, { env });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/crm: LOGIN_SECRET_MISSING: .*--allow-env CRM_SECRET/);
    expect(issuer.tokenRequests).toEqual([]);
    const allowed = await runCliHere([...command, '--allow-env', 'CRM_SECRET'], { env });
    expect([allowed.code, allowed.stdout]).toEqual([0, expect.stringMatching(/^crm: logs in automatically/)]);
  });

  it('`auth login` uses the redirect URL on localhost with the port that `callbackPort` sets', async () => {
    const port = await freePort();
    const redirectUri = `http://localhost:${port}/callback`;
    await using world = await LoginCli.start({
      issuer: {
        registration: false,
        clients: [{ client_id: 'by-hand', token_endpoint_auth_method: 'none', application_type: 'native' }].map(
          (client) => ({
            ...client,
            redirect_uris: [redirectUri],
            grant_types: ['authorization_code', 'refresh_token'],
          }),
        ) as never,
      },
      entries: { crm: { oauth: { clientId: 'by-hand', callbackPort: port } } },
    });
    const login = world.begin(['auth', 'login', 'crm', '--no-browser'], { keepsStdin: true });
    const address = await printedAddress(login);
    expect(new URL(address).searchParams.get('redirect_uri')).toBe(redirectUri);
    await world.browser.follow(address);
    expect((await login.ended).code).toBe(0);
  });

  it.each([
    ['the option `--no-state`', ['auth', 'login', 'crm', '--no-state'], 'leave out --no-state'],
    ['an unknown connector', ['auth', 'login', 'crn'], 'Did you mean crm?'],
    ['a logout without a connector', ['auth', 'logout'], 'Give either the id of a connector or --all'],
    [
      'a logout with both a connector and `--all`',
      ['auth', 'logout', 'crm', '--all'],
      'Give either the id of a connector or --all',
    ],
  ])('`auth login` or `auth logout` rejects %s', async (_, args, reason) => {
    await using world = await LoginCli.start();
    const ended = await world.run(args);
    expect(ended.code).toBeGreaterThan(0);
    expect(ended.stderr).toContain(reason);
    expect(world.issuer.paths).toEqual([]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
