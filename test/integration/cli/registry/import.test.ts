import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { documentOf, registryCli } from '../../../helpers/registry-cli.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/local-config/${name}`, import.meta.url));

describe('mcp-switchyard registry import', () => {
  it('`registry import` imports the files of Claude Desktop and Claude Code', async () => {
    using it = registryCli();
    expect((await it.registry(['import', fixture('claude_desktop_config.json')])).code).toBe(0);
    expect((await it.registry(['import', fixture('claude-code.mcp.json')])).code).toBe(0);
    expect(it.said()).toMatchObject([
      { name: 'filesystem', transport: 'stdio', command: 'npx' },
      { name: 'brave-search', env: { BRAVE_API_KEY: 'an-example-value' } },
      {
        name: 'api',
        transport: 'http',
        endpoint: `\${API_BASE_URL:-https://api.example.com}/mcp`,
        headers: { Authorization: `Bearer \${API_KEY}` },
        oauth: { clientId: 'abc' },
      },
      { name: 'events', transport: 'sse' },
      { name: 'db', command: `\${HOME}/bin/db-mcp`, args: ['--dsn', `\${DSN:-postgres://localhost}`] },
    ]);
  });

  it('`registry import` imports the file of Cursor, and shows none of its secrets', async () => {
    using it = registryCli();
    const imported = await it.registry(['import', fixture('cursor.mcp.json')]);
    const outputs = [imported, await it.registry(['list']), await it.registry(['export'])];
    for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toContain('an-example-value');
    expect(it.said()).toMatchObject([
      { name: 'github', env: { GITHUB_PERSONAL_ACCESS_TOKEN: `\${env:GITHUB_TOKEN}` } },
      { name: 'linear' },
      { name: 'search', transport: 'http', headers: { 'X-API-Key': 'an-example-value-4' } },
      { name: 'My Database', disabled: true },
    ]);
    expect(JSON.stringify(it.said()).match(/an-example-value-\d/g)).toHaveLength(5);
  });

  it('`registry import` imports the logins of Cursor, Claude Code and Kiro, and shows none of their secrets', async () => {
    using it = registryCli();
    const file = join(it.home, 'logins.json');
    const mcpServers = {
      cursor: {
        url: 'https://a.example/mcp',
        auth: { CLIENT_ID: 'c', CLIENT_SECRET: 'an-example-value-1', scopes: ['r'] },
      },
      claude: {
        type: 'http',
        url: 'https://b.example/mcp',
        oauth: { clientId: 'd', callbackPort: 8080, scopes: 'r w' },
      },
      kiro: {
        url: 'https://c.example/mcp',
        oauth: { clientId: 'e', clientSecret: 'an-example-value-2' },
        oauthScopes: ['r'],
      },
      off: { url: 'https://d.example/mcp', oauth: false },
    };
    writeFileSync(file, JSON.stringify({ mcpServers }));
    const outputs = [await it.registry(['import', file]), await it.registry(['list'])];
    outputs.push(await it.registry(['list', '--json']), await it.registry(['show', 'cursor', '--json']));
    outputs.push(await it.registry(['export']), await it.registry(['export', '--format', 'cursor']));
    for (const { code, stdout, stderr } of outputs)
      expect([code, stdout + stderr]).toEqual([0, expect.not.stringContaining('an-example-value')]);
    expect(it.said()).toMatchObject([
      { name: 'cursor', oauth: { clientId: 'c', clientSecret: 'an-example-value-1', scopes: ['r'] } },
      { name: 'claude', oauth: { clientId: 'd', callbackPort: 8080, scopes: ['r', 'w'] } },
      { name: 'kiro', oauth: { clientId: 'e', clientSecret: 'an-example-value-2', scopes: ['r'] } },
      { name: 'off', oauth: false },
    ]);
    const real = (await it.registry(['export', '--format', 'cursor', '--show-secrets'])).stdout;
    expect(JSON.parse(real)).toMatchObject({
      mcpServers: { cursor: { auth: { CLIENT_ID: 'c', CLIENT_SECRET: 'an-example-value-1', scopes: ['r'] } } },
    });
  });

  it('`registry import` imports the valid entries of a VS Code file with comments, and names the invalid entries', async () => {
    using it = registryCli();
    const file = fixture('workspace/.vscode/mcp.json');
    const ended = await it.registry(['import', file, '--json']);
    expect(ended.code).toBe(1);
    const { results } = documentOf(ended);
    expect(results).toMatchObject([
      { name: 'perplexity', outcome: 'added', remarks: [expect.stringContaining('needs the input perplexity-key')] },
      { name: 'files', outcome: 'added' },
      { name: 'github', outcome: 'added', remarks: [] },
      { name: 'broken', outcome: 'refused', code: 'CONFIG_INVALID', line: 20, reason: expect.stringContaining('type') },
      { name: 'torn', outcome: 'refused', reason: expect.stringContaining('needs a command') },
    ]);
    const folder = fixture('workspace');
    expect(it.said()).toMatchObject([
      { env: { PERPLEXITY_API_KEY: `\${input:perplexity-key}` } },
      {
        command: `${folder}/bin/files`,
        args: [`${folder}/src`],
        envFile: `${folder}/variables.txt`,
        dev: { watch: 'src/**/*.ts' },
      },
      { name: 'github', transport: 'http' },
    ]);
    const text = (await it.registry(['import', file])).stdout;
    expect(text).toContain('unchanged files');
    expect(text).toContain(`${file}:20:`);
    expect(text).toContain('3 unchanged, 2 refused');
  });

  it('`registry import` reports for each entry whether it was added, unchanged, replaced or rejected', async () => {
    using it = registryCli();
    await it.registry(['add', 'same', '--', 'a']);
    await it.registry(['add', 'other', '--', 'a']);
    const stdin = JSON.stringify({
      mcpServers: { same: { command: 'a' }, other: { command: 'b' }, new: { command: 'c' } },
    });
    const outcomes = async (...args: string[]): Promise<[number, string[]]> => {
      const ended = await it.registry(['import', '-', '--json', ...args], { stdin });
      return [ended.code, documentOf(ended).results.map(({ outcome }: { outcome: string }) => outcome)];
    };
    const before = readFileSync(it.path, 'utf8');
    expect(await outcomes('--dry-run')).toEqual([1, ['unchanged', 'refused', 'added']]);
    expect(await outcomes('--dry-run', '--replace')).toEqual([0, ['unchanged', 'replaced', 'added']]);
    expect(readFileSync(it.path, 'utf8')).toBe(before);
    expect(await outcomes()).toEqual([1, ['unchanged', 'refused', 'added']]);
    expect(await outcomes('--replace')).toEqual([0, ['unchanged', 'replaced', 'unchanged']]);
    expect(it.said()).toMatchObject([{ command: 'a' }, { command: 'b' }, { command: 'c' }]);
  });

  it.each([
    ['{ "mcpServers": ', 'CONFIG_INVALID'],
    ['{ "other": {} }', 'CONFIG_INVALID'],
    ['', 'CONFIG_INVALID'],
    ['\xff', 'CONFIG_INVALID'],
  ])('`registry import` rejects a file with the content %j', async (text, code) => {
    using it = registryCli();
    const file = join(it.home, 'in.json');
    writeFileSync(file, text, 'latin1');
    const ended = await it.registry(['import', file, '--json']);
    expect([ended.code, documentOf(ended)]).toMatchObject([1, { ok: false, error: { code } }]);
  });
});
