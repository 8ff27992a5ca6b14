import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Ended } from '../helpers/cli.ts';
import { killRunning, runCli } from '../helpers/cli.ts';
import { runCliHere } from '../helpers/cli-in-process.ts';
import { secret } from '../helpers/evidence.ts';
import { TestMcpServer } from '../helpers/mcp-server.ts';
import { TempDir } from '../helpers/temp-dir.ts';
import { addTypedTools } from '../helpers/typed-tools.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/stdio/noting-server.ts', import.meta.url));

let http: TestMcpServer;
let dir: TempDir;
beforeAll(async () => {
  http = await TestMcpServer.start(addTypedTools);
});
afterAll(() => http[Symbol.asyncDispose]());
beforeEach(() => {
  dir = new TempDir();
});
afterEach(() => {
  killRunning();
  dir[Symbol.dispose]();
});

const on = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> => runCliHere(args, { env });

describe('a server that is given on the command line', () => {
  it('`call URL` calls a tool of the server at that URL, without any configuration', async () => {
    const { code, stdout } = await on(['call', http.url, 'say', 'text=5', 'times=2']);
    expect([code, JSON.parse(stdout)]).toEqual([0, { text: '5', times: 2 }]);
    const form = await on(['call', http.url, 'say(text: "x")', '--json']);
    expect([form.code, JSON.parse(form.stdout)]).toMatchObject([0, { ok: true, tool: 'say' }]);
  });

  it('`tools URL` lists the tools of the server at that URL, with example commands that call them', async () => {
    const { code, stdout } = await on(['tools', http.url]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('\nsay(\n  text: string,')]);
    expect(stdout).toContain(` call ${http.url} say text=text\n`);
  });

  it('`tools URL` sends headers and tokens from environment variables, and never prints their values', async () => {
    const token = secret('ad hoc token');
    const args = ['tools', http.url, '--bearer-env', 'TOKEN', '--header', `X-Other: \${OTHER}`, '--json'];
    const { code, stdout, stderr } = await on(args, { TOKEN: token, OTHER: secret('other') });
    expect(code).toBe(0);
    expect(http.requests.at(-1)?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'x-other': secret('other'),
    });
    for (const text of [stdout, stderr]) expect(text).not.toContain(token);
  });

  it('`call` starts the stdio server that is given after `--`, without a shell', async () => {
    const file = join(dir.path, 'a file; $(touch x)');
    const run = await runCli(['call', 'environment', 'variable=AD_HOC', '--', process.execPath, PROGRAM, 'x', file], {
      env: { AD_HOC: 'from the shell' },
      cwd: dir.path,
    });
    expect([run.code, run.stdout]).toEqual([0, `${dir.path} from the shell\n`]);
    expect(readdirSync(dir.path)).toEqual(['a file; $(touch x)']);
  });

  it('`call URL` ignores the configuration file of the current folder', async () => {
    const folder = mkdtempSync(join(dir.path, 'project-'));
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(folder, '.mcp.json'), '{"mcpServers":{"x":{"command":"false"}}}');
    const run = await runCli(['call', http.url, 'say', 'text=x'], { cwd: folder });
    expect([run.code, run.stdout]).toEqual([0, '{"text":"x"}\n']);
  });

  it.each<[readonly string[], number, RegExp]>([
    [['call', 'https://user:pass@x.invalid/', 'say'], 2, /must not contain credentials/],
    [['call', 'HTTP'], 2, /There is nothing to connect/],
    [['tools', '--', 'program-that-is-not-there'], 1, /program-that-is-not-there/],
    [['tools', '--bearer-env', 'HOME'], 2, /--bearer-env needs the URL/],
    [['tools', '--'], 2, /The command after -- is missing/],
  ])('a wrong server on the command line is rejected with an explanation: %j', async (args, expected, message) => {
    const { code, stderr } = await runCli(args, { cwd: dir.path });
    expect([code, stderr]).toEqual([expected, expect.stringMatching(message)]);
  });
});

describe('mcp-switchyard resources, prompts and read', () => {
  it('`resources` lists the resources of a server, and `read` prints one of them', async () => {
    const resources = await on(['resources', http.url]);
    expect(resources.code).toBe(0);
    expect(resources.stdout).toMatch(/note:\/\/one\s+text\/plain\s+one: The first note/);
    expect(resources.stdout).toContain('note://all/{id}');
    expect(resources.stdout).toContain('\n2 resources, 1 template\n');
    expect((await on(['read', http.url, 'note://one'])).stdout).toBe('the first note');
    expect((await on(['read', http.url, 'note://all/7'])).stdout).toBe('note 7');
    const json = await on(['resources', http.url, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: true,
      resources: [{ uri: 'note://one' }, { uri: 'dot://gif' }],
    });
  });

  it('`read` writes binary content to stdout or, with `--save`, to a file in a folder', async () => {
    expect((await on(['read', http.url, 'dot://gif'])).stdout).toMatch(/^GIF89a|^GIF87a|^GIF/);
    const out = join(dir.path, 'out');
    const { stdout } = await on(['read', http.url, 'dot://gif', '--save', out]);
    expect([stdout, readdirSync(out)]).toEqual([expect.stringContaining('saved to'), ['gif.gif']]);
  });

  it('`prompts` lists the prompts of a server, and `prompts get` prints the messages of one of them', async () => {
    const list = await on(['prompts', http.url]);
    expect(list.stdout).toMatch(/greet\s+who, tone\?\s+Greets/);
    expect(list.stdout).toContain('\n1 prompt\n');
    const { code, stdout } = await on(['prompts', 'get', http.url, 'greet', 'who=5', 'tone=kindly']);
    expect([code, stdout]).toEqual([0, 'user: Greet 5, kindly\n']);
    const wrong = await on(['prompts', 'get', http.url, 'greet', 'woh=x']);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('who is missing; woh is not known; did you mean who?'),
    ]);
    expect((await on(['prompts', 'get', http.url, 'gret'])).stderr).toContain('Did you mean greet?');
  });
});
