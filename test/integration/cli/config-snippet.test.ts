import { lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readLocalConfig } from '../../../src/main/local-config/read-local-config.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const URL_OF_IT = 'http://127.0.0.1:3737/mcp';
const TOKEN = 'a-token-of-the-test';
const BIN = fileURLToPath(new URL('../../../src/main/cli/bin.ts', import.meta.url));

/** Writes a snippet to the file where a client keeps its servers, and reads it with our own reader. */
async function readBack(snippet: string, file: string) {
  using folder = new TempDir();
  const path = join(folder.path, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, snippet);
  return await readLocalConfig(path, { GATEWAY_TOKEN: TOKEN, HOME: '/home/nobody' });
}

const PLACES = [
  ['claude', '.mcp.json'],
  ['cursor', '.cursor/mcp.json'],
  ['vscode', '.vscode/mcp.json'],
  ['gemini', '.gemini/settings.json'],
  ['opencode', 'opencode.json'],
  ['codex', '.codex/config.toml'],
  ['goose', '~/.config/goose/config.yaml'],
] as const;

describe('mcp-switchyard config', () => {
  it.each(PLACES)(
    '`config` prints a snippet that %s can read, and says that the snippet belongs in %s',
    async (client, file) => {
      const { code, stdout, stderr } = await runCliHere(['config', client]);
      expect(code).toBe(0);
      expect(stderr).toContain(`Goes into ${file}`);
      expect(stderr.trim()).not.toContain('\n');
      const { servers, problems } = await readBack(stdout, file);
      expect(problems).toEqual([]);
      expect(servers).toMatchObject([{ entry: { id: 'switchyard', endpoint: URL_OF_IT }, command: null }]);
    },
  );

  it.each(PLACES)(
    '`config` prints a snippet that lets %s read the token from an environment variable, and never shows the token',
    async (client, file) => {
      const args = ['--url', 'https://mcp.example.com/mcp', '--name', 'tools', '--token-env', 'GATEWAY_TOKEN'];
      const { code, stdout, stderr } = await runCliHere(['config', client, ...args], { env: { GATEWAY_TOKEN: TOKEN } });
      expect(code).toBe(0);
      expect(stdout + stderr).not.toContain(TOKEN);
      const { servers, problems } = await readBack(stdout, file);
      expect(problems).toEqual([]);
      const headers = { Authorization: `Bearer ${TOKEN}` };
      expect(servers).toMatchObject([{ entry: { id: 'tools', endpoint: 'https://mcp.example.com/mcp', headers } }]);
    },
  );

  it.each(PLACES)('`config --stdio` prints a snippet with which %s starts its own gateway', async (client, file) => {
    const { code, stdout } = await runCliHere(['config', client, '--stdio', '--', '--config', '/etc/servers.json']);
    expect(code).toBe(0);
    const { servers, problems } = await readBack(stdout, file);
    expect(problems).toEqual([]);
    const args = [BIN, 'serve', '--stdio', '--config', '/etc/servers.json'];
    expect(servers).toMatchObject([{ entry: { id: 'switchyard' }, command: { command: process.execPath, args } }]);
  });

  it("`config --into` adds the gateway to a client's file, and keeps its comments and its symbolic link", async () => {
    using folder = new TempDir();
    const [path, link] = [join(folder.path, 'real.json'), join(folder.path, 'settings.json')];
    writeFileSync(path, '{\n  // mine\n  "theme": "dark"\n}\n', { mode: 0o640 });
    symlinkSync(path, link);
    const added = await runCliHere(['config', 'gemini', '--into', link, '--json']);
    expect(JSON.parse(added.stdout)).toMatchObject({ ok: true, client: 'gemini', file: link, change: 'changed' });
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('// mine\n  "theme": "dark"');
    expect([lstatSync(link).isSymbolicLink(), statSync(path).mode & 0o777]).toEqual([true, 0o640]);
    const { servers } = await readBack(text, '.gemini/settings.json');
    expect(servers).toMatchObject([{ entry: { id: 'switchyard', endpoint: URL_OF_IT } }]);
    expect((await runCliHere(['config', 'gemini', '--into', link])).stderr).toContain('has it already');
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('`config --into` creates the missing folders of the given file', async () => {
    using folder = new TempDir();
    const path = join(folder.path, 'project', '.cursor', 'mcp.json');
    const { code, stderr } = await runCliHere(['config', 'cursor', '--into', path]);
    expect(stderr).toContain(`Created ${path}`);
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ mcpServers: { switchyard: { url: URL_OF_IT } } });
  });

  it('`config --into` fails with `OPTIONS_INVALID` if a folder of the given path is a file', async () => {
    using folder = new TempDir();
    writeFileSync(join(folder.path, '.cursor'), '');
    const path = join(folder.path, '.cursor', 'below', 'mcp.json');
    const { code, stderr } = await runCliHere(['config', 'cursor', '--into', path]);
    expect(stderr).toContain('OPTIONS_INVALID');
    expect(code).toBe(2);
  });

  it('`config --into` replaces another server of the same name only with `--force`', async () => {
    using folder = new TempDir();
    const path = join(folder.path, '.mcp.json');
    const into = ['config', 'claude', '--into', path];
    expect((await runCliHere(into)).stderr).toContain(`Created ${path}`);
    const other = [...into, '--url', 'https://mcp.example.com/mcp'];
    const refused = await runCliHere(other);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('give --force to replace it')]);
    expect((await runCliHere([...other, '--force'])).code).toBe(0);
    expect(JSON.parse(readFileSync(path, 'utf8')).mcpServers.switchyard.url).toBe('https://mcp.example.com/mcp');
  });

  it.each([
    ['text that is not JSON', 'no JSON', 1, /CONFIG_INVALID: .*:1:1: it is not JSON/],
    ['UTF-16', Buffer.from('\ufeff{"字": "字字字字字字"}', 'utf16le'), 2, /save it as UTF-8/],
  ])('`config --into` leaves a file with %s unchanged', async (_, content, exitCode, why) => {
    using folder = new TempDir();
    const path = join(folder.path, '.mcp.json');
    writeFileSync(path, content);
    const { code, stderr } = await runCliHere(['config', 'claude', '--into', path]);
    expect([code, stderr]).toEqual([exitCode, expect.stringMatching(why)]);
    expect(readFileSync(path)).toEqual(Buffer.from(content));
  });

  it('`config --json` prints one JSON document', async () => {
    const { stdout } = await runCliHere(['config', 'claude', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      client: 'claude',
      files: ['.mcp.json'],
      command: `claude mcp add --transport http switchyard ${URL_OF_IT}`,
      snippet: { mcpServers: { switchyard: { type: 'http', url: URL_OF_IT } } },
    });
  });

  it.each([
    ['a misspelt client', ['curser'], 'Did you mean cursor?'],
    ['an unknown client', ['emacs'], 'The known clients are claude, cursor, vscode, gemini'],
    ['a missing client argument', [], "argument 'client'"],
    ['gateway arguments without --stdio', ['claude', '--', '--registry'], '--stdio'],
    ['a URL together with --stdio', ['claude', '--stdio', '--url', URL_OF_IT], '--url'],
    ['an invalid URL', ['claude', '--url', '127.0.0.1:3737'], '--url'],
    ['a token variable for Zed, which reads none', ['zed', '--token-env', 'GATEWAY_TOKEN'], '--stdio'],
    ['a name that some clients do not accept', ['claude', '--name', 'my tools'], '--name'],
  ])('`config` rejects %s', async (_, args, text) => {
    const { code, stdout, stderr } = await runCliHere(['config', ...args]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(text);
  });

  it.each([
    ["a token that was given in place of its variable's name", ['--token-env', 'sk-live-123']],
    ['a password in a URL', ['--url', 'http://me:sk-live-123@127.0.0.1/mcp']],
  ])('`config` does not repeat %s in its error', async (_, args) => {
    const { code, stdout, stderr } = await runCliHere(['config', 'cursor', ...args, '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'OPTIONS_INVALID' } });
    expect(stdout + stderr).not.toContain('sk-live-123');
  });
});
