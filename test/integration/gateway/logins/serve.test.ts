import { afterEach, expect, it } from 'vitest';
import { killRunning, runCli, startCli } from '../../../helpers/cli.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { secret } from '../../../helpers/evidence.ts';
import { remote } from '../../../helpers/gateway-world.ts';
import { LocalFile } from '../../../helpers/local-file.ts';
import { AuthorizationServer } from '../../../helpers/logins/authorization-server.ts';
import { ProtectedMcpServer } from '../../../helpers/logins/protected-mcp-server.ts';
import { ScriptedBrowser } from '../../../helpers/logins/scripted-browser.ts';
import { postLegacy } from '../../../helpers/mcp-post.ts';

afterEach(killRunning);

const CALL = { name: 'a__whoami' };
const [ALICE, BOB, OPERATOR] = [secret('alice-0123456789'), secret('bob-0123456789'), secret('operator-0123456789')];
const ENV = { T_ALICE: ALICE, T_BOB: BOB, T_OPERATOR: OPERATOR, T_PORT: '' };

it('`serve` lets an operator log in to a connector, and then every client can call its tools', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  using file = new LocalFile({ a: remote(server) });
  const tokens = ['--token-env', 'T_ALICE', '--token-env', 'T_BOB', '--operator-token-env', 'T_OPERATOR'];
  const args = ['serve', '--port', '0', '--json', '--no-state', '--verbose', '--config', file.path, ...tokens];
  const cli = startCli(args, { env: ENV, stdinDelayMs: 60_000 });
  await eventually('it listens', () => cli.seen.stdout.includes('\n'), 20_000);
  const { url, mcp } = JSON.parse(cli.seen.stdout) as { url: string; mcp: string };
  const call = (token: string) =>
    postLegacy(mcp, 'tools/call', CALL, { headers: { authorization: `Bearer ${token}` } });
  await eventually('it needs a login', async () =>
    (await call(ALICE)).error.message.includes('An operator must log in'),
  );
  const { error } = await call(OPERATOR);
  const address = String(error.data?.loginUrl);
  expect(address.startsWith(`${url}/login/`)).toBe(true);
  const done = await new ScriptedBrowser().follow(address);
  expect(done.page).toContain('Logged in to');
  await eventually('callers are served', async () => (await call(BOB)).result !== undefined);
  expect((await call(ALICE)).result).toMatchObject({ content: [{ text: 'you are in' }] });
  cli.child.kill('SIGTERM');
  const { code, stderr } = await cli.ended;
  expect(code).toBe(0);
  expect(stderr).not.toContain(address.slice(-43));
});

it('`serve --stdio` gives its client a login URL on a separate port, and the login lets the call succeed', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  using file = new LocalFile({ a: remote(server) });
  const cli = startCli(['serve', '--stdio', '--no-state', '--config', file.path], { stdinDelayMs: 60_000 });
  const answers = (): Record<string, unknown>[] =>
    cli.seen.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  const send = (message: object): void =>
    void cli.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const clientInfo = { name: 'Piped', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: { elicitation: { url: {} } }, clientInfo };
  send({ id: 1, method: 'initialize', params });
  send({ id: 2, method: 'tools/call', params: CALL });
  const answerOf = (wanted: number) => answers().find(({ id }) => id === wanted);
  await eventually('it is answered', () => answerOf(2) !== undefined, 20_000);
  const { error } = answerOf(2) as { error: { code: number; data: { loginUrl: string } } };
  expect(error.code).toBe(-32_042);
  const browser = new ScriptedBrowser();
  expect(await (await browser.request(error.data.loginUrl)).text()).toContain('Piped');
  const done = await browser.follow(error.data.loginUrl);
  expect(done.page).toContain('Logged in to');
  const heard = (method: string): boolean => answers().some((one) => one.method === method);
  await eventually('it hears so', () => heard('notifications/elicitation/complete'));
  await eventually('it hears of the tools', () => heard('notifications/tools/list_changed'));
  send({ id: 3, method: 'tools/call', params: CALL });
  await eventually('its retry runs', () => answerOf(3) !== undefined);
  expect(answerOf(3)).toMatchObject({ result: { content: [{ text: 'you are in' }] } });
  cli.child.stdin?.end();
  expect((await cli.ended).code).toBe(0);
});

it.each([
  [['--public-url', 'http://tools.example.com'], '--public-url must be https, or http on loopback'],
  [['--public-url', 'nonsense'], '--public-url must be an address'],
  [['--operator-token-env', 'T_PORT'], 'The variable T_PORT, which --operator-token-env names, is not set'],
  [['--token-env', 'T_ALICE', '--operator-token-env', 'T_ALICE'], 'The variable T_ALICE is the same access token'],
])('`serve` rejects the options %j and explains the mistake', async (args, why) => {
  using file = new LocalFile({});
  const { code, stderr } = await runCli(['serve', '--port', '0', '--config', file.path, ...args], { env: ENV });
  expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  expect(stderr).not.toContain(ALICE);
});
