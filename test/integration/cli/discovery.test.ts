import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ended, killRunning, runCli } from '../../helpers/cli.ts';
import { localServer } from '../../helpers/local-file.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const BIN = fileURLToPath(new URL('../../../src/main/cli/bin.ts', import.meta.url));

let dir: TempDir;
let home: string;
let repo: string;
beforeEach(() => {
  dir = new TempDir();
  const base = realpathSync(dir.path);
  [home, repo] = [join(base, 'home'), join(base, 'repo')];
  for (const folder of [home, repo]) mkdirSync(folder);
});
afterEach(() => {
  killRunning();
  dir[Symbol.dispose]();
});

/** Writes a configuration file that contains these servers. Returns its path. */
function write(folder: string, name: string, servers: object): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ mcpServers: servers }));
  return path;
}

/** Runs the command line in the repository, without a terminal. */
const run = (...args: string[]): Promise<Ended> =>
  runCli(args, { cwd: repo, env: { HOME: home, XDG_STATE_HOME: undefined } });

/** A server that writes a marker file when it is started. */
function marking(): { readonly server: object; readonly isStarted: () => boolean } {
  const mark = join(home, 'started');
  const code = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')`;
  return { server: { command: process.execPath, args: ['-e', code] }, isStarted: () => existsSync(mark) };
}

const TRUSTED = '.local/state/mcp-switchyard/trusted.json';

describe('a configuration file in the current folder, without a terminal', () => {
  it('without a terminal, a command does not use the configuration file of the current folder, and exits with 2', async () => {
    const { server, isStarted } = marking();
    write(repo, '.mcp.json', { one: server });
    const commands = [['tools'], ['call', 'one.x'], ['serve', '--stdio'], ['sync', '--json']];
    for (const { code, stderr } of await Promise.all(commands.map((command) => run(...command)))) {
      expect(code).toBe(2);
      expect(stderr).toContain('`--config ./.mcp.json` or `--trust`');
    }
    expect(isStarted()).toBe(false);
  });

  it('with `--trust`, a command uses the configuration file of the current folder, but only in this run', async () => {
    write(repo, '.mcp.json', { one: localServer(['one']) });
    expect(await run('call', 'one.whoami', '--trust')).toMatchObject({ code: 0 });
    expect(existsSync(join(home, TRUSTED))).toBe(false);
    expect(await run('tools')).toMatchObject({ code: 2 });
  });

  it('the configuration file of the current folder is ignored if the command line names a source', async () => {
    write(repo, '.mcp.json', { one: marking().server });
    const other = write(home, 'other.json', { two: localServer(['two']) });
    const { code, stdout } = await run('tools', '--config', other);
    expect(code).toBe(0);
    expect(stdout).toContain('two.whoami');
  });

  it('`doctor` fails if the configuration file of the current folder is not approved, but still checks the machine', async () => {
    const { server, isStarted } = marking();
    write(repo, '.mcp.json', { one: server });
    const { stdout, code } = await run('doctor');
    expect(code).toBe(1);
    expect(stdout).toMatch(/config +OPTIONS_INVALID: .*--trust/);
    expect(stdout).toContain('threads');
    expect(isStarted()).toBe(false);
  });
});

describe.skipIf(process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0)(
  'a configuration file in the current folder, on a terminal',
  () => {
    /** Runs `call one.whoami` in the folder and answers the prompt. */
    async function answered(answer: string): Promise<{ readonly code: number; readonly text: string }> {
      const command = `'${process.execPath}' '${BIN}' call one.whoami`;
      const child = spawn('script', ['-qec', command, '/dev/null'], {
        cwd: repo,
        env: { PATH: process.env.PATH, HOME: home, SHELL: '/bin/sh' },
      });
      let text = '';
      child.stdout.on('data', (data: Buffer) => {
        if (!text.includes('[y/N]') && `${text}${data}`.includes('[y/N]')) child.stdin.write(answer);
        text += data.toString();
      });
      const [code] = await once(child, 'close');
      return { code, text };
    }

    it('on a terminal, the answer "y" approves the configuration file of the current folder until the file changes', async () => {
      const path = write(repo, '.mcp.json', { one: localServer(['one']) });
      const first = await answered('y\n');
      expect(first.text).toContain(`one: runs "${process.execPath}"`);
      expect(first).toMatchObject({ code: 0 });
      expect(readFileSync(join(home, TRUSTED), 'utf8')).toContain(path);
      expect(await run('call', 'one.whoami')).toMatchObject({ code: 0 });
      write(repo, '.mcp.json', { one: localServer(['other']) });
      expect(await run('call', 'one.whoami')).toMatchObject({ code: 2 });
    });

    it('on a terminal, the answer "n" leaves the configuration file of the current folder unused and starts no server', async () => {
      const { server, isStarted } = marking();
      write(repo, '.mcp.json', { one: server });
      const { code, text } = await answered('n\n');
      expect(text).toContain('./.mcp.json is not used, and nothing was started');
      expect(code).toBe(1);
      expect([isStarted(), existsSync(join(home, TRUSTED))]).toEqual([false, false]);
    });
  },
);

describe('--from', () => {
  it('`--from` uses the configuration files of the named clients without a prompt', async () => {
    write(home, '.claude.json', { one: localServer(['one']) });
    write(home, '.cursor/mcp.json', { two: localServer(['two']) });
    write(home, '.kiro/settings/mcp.json', { three: marking().server });
    const { code, stdout } = await run('tools', '--from', 'claude,cursor', '--json');
    expect(code).toBe(0);
    const tools: { name: string }[] = JSON.parse(stdout).tools;
    expect(tools.map(({ name }) => name).filter((name) => name.endsWith('whoami'))).toEqual([
      'one.whoami',
      'two.whoami',
    ]);
  });

  it('`--from` with an unknown client fails and lists the known clients', async () => {
    const { code, stderr } = await run('tools', '--from', 'emacs');
    expect(code).toBe(2);
    expect(stderr).toContain('claude, cursor, vscode');
  });
});

describe('mcp-switchyard discover', () => {
  it.each([
    ['discover', ['discover', '--json']],
    ['tools --discover', ['tools', '--discover', '--json']],
  ])('`%s` lists the servers that clients have configured, and starts none of them', async (_, args) => {
    const { server, isStarted } = marking();
    const cursor = write(home, '.cursor/mcp.json', { two: server });
    const project = write(repo, '.mcp.json', { one: server });
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      files: [
        { client: 'claude', path: project, level: 'project', servers: ['one'], problem: null },
        { client: 'cursor', path: cursor, level: 'user', servers: ['two'], problem: null },
      ],
    });
    expect(isStarted()).toBe(false);
  });

  it('`discover` prints a table with the servers or the fault of each configuration file', async () => {
    write(home, '.cursor/mcp.json', { two: localServer(['two']) });
    writeFileSync(join(home, '.claude.json'), '{');
    const { code, stdout } = await run('discover');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\.cursor\/mcp\.json +cursor +two\n/);
    expect(stdout).toMatch(/\.claude\.json +claude +CONFIG_INVALID/);
  });
});
