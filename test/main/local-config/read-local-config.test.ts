import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLocalConfig } from '../../../src/main/local-config/read-local-config.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const FIXTURES = new URL('../../fixtures/local-config/', import.meta.url).pathname;
const FOLDER = FIXTURES.replace(/\/$/, '');
const env = { HOME: '/home/me', API_KEY: 'key-of-the-environment' };

const read = (name: string): ReturnType<typeof readLocalConfig> => readLocalConfig(join(FIXTURES, name), env);

describe('readLocalConfig', () => {
  it("readLocalConfig() reads Claude Desktop's file", async () => {
    const { servers, problems } = await read('claude_desktop_config.json');
    expect(problems).toEqual([]);
    expect(servers.map(({ entry }) => entry.id)).toEqual(['filesystem', 'brave-search']);
    expect(servers[1]?.command?.env).toEqual({ BRAVE_API_KEY: 'an-example-value' });
  });

  it("readLocalConfig() reads Claude Code's file", async () => {
    const { servers, problems } = await read('claude-code.mcp.json');
    expect(problems).toEqual([]);
    expect(servers.map(({ entry }) => [entry.endpoint, entry.transport])).toEqual([
      ['https://api.example.com/mcp', 'auto'],
      ['https://events.example.com/sse', 'sse'],
      ['stdio:db', undefined],
    ]);
    expect(servers[0]?.entry.headers).toEqual({ Authorization: 'Bearer key-of-the-environment' });
    expect(servers[2]?.command).toMatchObject({
      command: '/home/me/bin/db-mcp',
      args: ['--dsn', 'postgres://localhost'],
    });
  });

  it("readLocalConfig() reads Cursor's file, and uses the folder around `.cursor` as the workspace", async () => {
    const { servers, problems } = await read('.cursor/mcp.json');
    expect(problems).toEqual([]);
    expect(servers.map(({ entry }) => entry.id)).toEqual(['local-server', 'remote']);
    expect(servers[0]?.command).toEqual({
      command: 'python',
      args: [`${FOLDER}/tools/mcp_server.py`],
      env: { API_KEY: 'key-of-the-environment', FROM_FILE: 'of the file', PORT: '1' },
      cwd: null,
    });
  });

  it("readLocalConfig() reads VS Code's file, except for the server with an input prompt", async () => {
    const { servers, problems } = await read('.vscode/mcp.json');
    expect(servers.map(({ entry }) => entry.id)).toEqual(['github', 'playwright']);
    expect(servers[1]?.command).toMatchObject({
      cwd: `${FOLDER}/app`,
      env: { FROM_FILE: 'of the file', PORT: '8931', HEADLESS: 'true' },
    });
    expect(problems).toMatchObject([
      { severity: 'error', place: 'servers["perplexity"].env["PERPLEXITY_API_KEY"]', line: 13 },
    ]);
  });

  it("readLocalConfig() reads the servers in VS Code's settings file", async () => {
    const { servers } = await read('vscode-settings.json');
    expect(servers).toMatchObject([{ place: 'mcp.servers["fetch"]', command: { command: 'uvx' } }]);
  });

  it('readLocalConfig() skips a server whose env file is missing or invalid', async () => {
    using dir = new TempDir();
    writeFileSync(join(dir.path, 'binary.env'), Uint8Array.of(0x41, 0x3d, 0xff));
    writeFileSync(join(dir.path, 'nul.env'), 'A=b\0c');
    const servers = Object.fromEntries(
      ['missing.env', 'binary.env', 'nul.env', '.'].map((envFile) => [envFile, { command: 'a', envFile }]),
    );
    const path = join(dir.path, 'mcp.json');
    writeFileSync(path, JSON.stringify({ servers: { ...servers, fine: { command: 'a' } } }));
    const config = await readLocalConfig(path, env);
    expect(config.servers.map(({ entry }) => entry.id)).toEqual(['fine']);
    expect(config.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('servers["missing.env"].envFile cannot be used: there is no such file (ENOENT)'),
      expect.stringContaining('it is not UTF-8'),
      expect.stringContaining('it contains a NUL character'),
      expect.stringContaining('it is a folder (EISDIR)'),
    ]);
  });

  it.each([
    ['is missing', () => {}, 'there is no such file (ENOENT)'],
    ['is a folder', (path: string) => mkdirSync(path), 'it is a folder (EISDIR)'],
    ['is not UTF-8', (path: string) => writeFileSync(path, Uint8Array.of(0x7b, 0xff)), 'it is not UTF-8'],
    [
      'is truncated UTF-16',
      (path: string) => writeFileSync(path, Uint8Array.of(0xff, 0xfe, 0x7b)),
      'it is neither UTF-8 nor UTF-16',
    ],
    ['is larger than 4 MiB', (path: string) => writeFileSync(path, ' '.repeat(4_194_305)), 'larger than 4194304 bytes'],
  ])('readLocalConfig() rejects a file that %s', async (_, make, why) => {
    using dir = new TempDir();
    const path = join(dir.path, 'mcp.json');
    make(path);
    const reading = readLocalConfig(path, env);
    await expect(reading).rejects.toMatchObject({ code: 'CONFIG_INVALID', detail: { source: path } });
    await expect(reading).rejects.toThrow(why);
  });
});
