import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { killRunning } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { LoginCli, printedAddress } from '../helpers/logins/login-cli.ts';
import { ScriptedBrowser } from '../helpers/logins/scripted-browser.ts';
import type { AddTools } from '../helpers/mcp-server.ts';
import { TempDir } from '../helpers/temp-dir.ts';

afterEach(killRunning);

/** Returns the environment of a display without a desktop, so that the browser is taken from the variable BROWSER. */
function noDesktop({ path }: TempDir): NodeJS.ProcessEnv {
  return { DISPLAY: ':99', XDG_CURRENT_DESKTOP: 'none', XDG_DATA_DIRS: path, XDG_DATA_HOME: path };
}

/** Returns the redirect target that a browser is sent to, without opening this target. */
async function redirectedTo(address: string, browser = new ScriptedBrowser()): Promise<string> {
  const stopAt = new URL(address).searchParams.get('redirect_uri') ?? '';
  return (await browser.follow(address, { stopAt })).url;
}

// Each test starts several processes.
describe('mcp-switchyard auth login', { timeout: 120_000 }, () => {
  it('`auth login` logs a person in through a redirect to loopback, and later commands use the login', async () => {
    await using world = await LoginCli.start();
    const before = await world.run(['tools']);
    expect(before.code).toBe(1);
    expect(before.stderr).toMatch(/auth login crm --config \S+ --state-dir \S+\n$/);
    const login = world.begin(['auth', 'login', 'crm', '--no-browser'], { keepsStdin: true });
    const address = await printedAddress(login);
    expect(login.seen.stderr).toContain(`issuer   ${world.issuer.issuer}`);
    expect(login.seen.stderr).toContain(`server   ${world.servers.crm?.url}`);
    expect(login.seen.stderr).toMatch(/scopes {3}.*tools/);
    expect(new URL(address).searchParams.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    const { page } = await world.browser.follow(address);
    expect(page).toContain('Logged in');
    const ended = await login.ended;
    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe(`crm: logged in at ${world.issuer.issuer}; it is up and has 1 tool\n`);
    const call = await world.run(['call', 'crm.whoami']);
    expect([call.code, call.stdout]).toEqual([0, 'you are in\n']);
    const status = await world.run(['auth', 'status']);
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/crm +logged in +http:\S+ +.*tools.* +in (59 min|1 h) +renewed automatically/);
    expect(world.leaksIn(before, ended, call, status)).toEqual([]);
  });

  it('`auth login` accepts the redirect URL on standard input, and explains why another URL is wrong', async () => {
    await using world = await LoginCli.start();
    const login = world.begin(['auth', 'login', 'crm', '--no-browser', '--json'], { keepsStdin: true });
    const address = await printedAddress(login);
    const redirected = await redirectedTo(address, world.browser);
    login.child.stdin?.write(`${address}\n`);
    await eventually('it explains', () => login.seen.stderr.includes('That is the address to open'));
    login.child.stdin?.write(`${redirected.replace(/state=[^&]*/, 'state=other')}\n`);
    await eventually('it explains', () => login.seen.stderr.includes('belongs to another login'));
    login.child.stdin?.write(`  "${redirected}"\n`);
    const ended = await login.ended;
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.stdout)).toEqual({
      ok: true,
      connectors: [
        {
          connectorId: 'crm',
          ok: true,
          outcome: 'logged-in',
          issuer: world.issuer.issuer,
          scope: expect.stringContaining('tools'),
          toolCount: 1,
          error: null,
        },
      ],
    });
    expect(world.leaksIn(ended)).toEqual([]);
  });

  it("`auth login` opens the user's browser", async () => {
    await using world = await LoginCli.start();
    using folder = new TempDir();
    const [browser, opened] = [join(folder.path, 'browser'), join(folder.path, 'opened')];
    writeFileSync(browser, `#!/bin/sh\nprintf %s "$1" > ${opened}.part && mv ${opened}.part ${opened}\n`);
    chmodSync(browser, 0o755);
    const env = { BROWSER: browser, ...noDesktop(folder) };
    const login = world.begin(['auth', 'login', 'crm'], { env });
    const address = await printedAddress(login);
    await eventually('the browser is opened', () => existsSync(opened));
    await world.browser.follow(address);
    expect((await login.ended).code).toBe(0);
  });

  it('`auth login` prints the login URL and continues if the browser cannot be opened', async () => {
    await using world = await LoginCli.start();
    using folder = new TempDir();
    const env = { BROWSER: '/nowhere/browser', ...noDesktop(folder) };
    const login = world.begin(['auth', 'login', 'crm'], { env });
    await eventually('it says so', () => login.seen.stderr.includes('could not be opened'));
    await world.browser.follow(await printedAddress(login));
    expect((await login.ended).code).toBe(0);
  });

  it('`auth login` without an id logs in to each connector that needs a login, even if one login fails', async () => {
    await using world = await LoginCli.start({ servers: { billing: {}, crm: {} } });
    const login = world.begin(['auth', 'login', '--no-browser', '--json'], { keepsStdin: true });
    const { searchParams } = new URL(await printedAddress(login));
    const denied = new URL(searchParams.get('redirect_uri') ?? '');
    denied.searchParams.set('state', searchParams.get('state') ?? '');
    denied.searchParams.set('iss', world.issuer.issuer);
    denied.searchParams.set('error', 'access_denied');
    expect((await fetch(denied)).status).toBe(400);
    await world.browser.follow(await printedAddress(login, 1));
    const ended = await login.ended;
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ok: false,
      connectors: [
        { connectorId: 'billing', ok: false, outcome: 'failed', error: { code: 'LOGIN_FAILED' } },
        { connectorId: 'crm', ok: true, outcome: 'logged-in', toolCount: 1 },
      ],
    });
    expect(ended.stderr).toContain('access_denied');
    const again = await world.logIn([]);
    expect(again.stdout).toMatch(/^billing: logged in/);
    const nothing = await world.run(['auth', 'login']);
    expect([nothing.code, nothing.stdout]).toEqual([0, 'No connector needs a login.\n']);
  });

  it('`auth login` says that the login succeeded but the connector is not up if the server rejects the new token', async () => {
    await using world = await LoginCli.start();
    const login = world.begin(['auth', 'login', 'crm', '--no-browser', '--json'], { keepsStdin: true });
    const address = await printedAddress(login);
    for (const server of Object.values(world.servers)) server.refusesAll = true;
    await world.browser.follow(address);
    const ended = await login.ended;
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ok: false,
      connectors: [{ connectorId: 'crm', outcome: 'failed', error: { code: 'CONNECTOR_UNAVAILABLE' } }],
    });
    expect(ended.stderr).toContain('You are logged in, but crm is not up');
    expect(world.leaksIn(ended)).toEqual([]);
  });

  it('`auth login` keeps a valid login, and replaces it with --force', async () => {
    await using world = await LoginCli.start();
    expect((await world.logIn(['crm'])).code).toBe(0);
    const again = await world.run(['auth', 'login', 'crm']);
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/^crm: already logged in at .*; it is up and has 1 tool/);
    const forced = await world.logIn(['crm', '--force']);
    expect([forced.code, forced.stdout]).toEqual([0, expect.stringMatching(/^crm: logged in/)]);
  });

  it('`auth login` requests the additional scopes that the server demanded in a failed call', async () => {
    const addTools = (server: Parameters<AddTools>[0]): void => {
      for (const name of ['look', 'remove']) server.registerTool(name, {}, () => ({ content: [] }));
    };
    await using world = await LoginCli.start({ servers: { crm: { addTools, toolScopes: { remove: 'admin' } } } });
    expect((await world.logIn(['crm'])).code).toBe(0);
    expect((await world.run(['auth', 'login', 'crm'])).stdout).toContain('already logged in');
    const refused = await world.run(['call', 'crm.remove']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/auth login crm --config/);
    expect((await world.run(['tools'])).code).toBe(0);
    const status = await world.run(['auth', 'status', '--json']);
    expect(status.code).toBe(1);
    expect(JSON.parse(status.stdout)).toMatchObject({
      connectors: [{ connectorId: 'crm', state: 'logged-in', missingScope: 'admin' }],
    });
    const login = await world.logIn(['crm']);
    expect(login.stderr).toMatch(/scopes {3}(?=.*tools)(?=.*admin)/);
    expect((await world.run(['call', 'crm.remove'])).code).toBe(0);
    expect(world.leaksIn(refused, status, login)).toEqual([]);
  });

  it('`auth login` ends on Ctrl-C without storing a login, and frees its port', async () => {
    await using world = await LoginCli.start();
    const login = world.begin(['auth', 'login', 'crm', '--no-browser'], { keepsStdin: true });
    const redirect = new URL(new URL(await printedAddress(login)).searchParams.get('redirect_uri') ?? '');
    login.child.kill('SIGINT');
    const ended = await login.ended;
    expect(ended.code).toBe(130);
    const server = createServer().listen(Number(redirect.port), redirect.hostname);
    await once(server, 'listening');
    server.close();
    expect((await world.run(['auth', 'status', 'crm'])).stdout).not.toContain('logged in at');
    expect((await world.run(['tools'])).code).toBe(1);
  });
});
