import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type CliOptions, type Ended, killRunning, runCli } from '../../helpers/cli.ts';
import { RegistryWorld, registeredProgram } from '../../helpers/registry-world.ts';

afterEach(killRunning);

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/local-config/${name}`, import.meta.url));

/** Secrets of a server, none of which may show. */
const SECRETS = ['hunter-of-env', 'hunter-of-header', 'hunter-of-arg', 'hunter-of-login', 'hunter-of-query'];
const secretive = [
  {
    name: 'program',
    transport: 'stdio',
    command: 'npx',
    args: ['server', '--token=hunter-of-arg'],
    env: { KEY: 'hunter-of-env' },
  },
  {
    name: 'remote',
    transport: 'http',
    endpoint: 'https://me:hunter-of-login@a.example/mcp?key=hunter-of-query',
    headers: { 'X-Key': 'hunter-of-header' },
  },
] as const;

/** A registry, and the command line on it. */
function world() {
  const it = new RegistryWorld();
  const registry = (args: readonly string[], options: CliOptions = {}): Promise<Ended> =>
    runCli(['registry', ...args], { ...options, env: { CORTEX_HOME: it.home, ...options.env } });
  return Object.assign(it, { registry });
}

const documentOf = ({ stdout }: Ended) => JSON.parse(stdout);

describe('mcp-switchyard registry', () => {
  it('shows, lists and removes what was added, by the environment and by --registry-path', async () => {
    using it = world();
    expect(await it.registry(['path'])).toMatchObject({ code: 0, stdout: `${it.path}\n` });
    expect(await it.registry(['list'])).toMatchObject({ code: 0, stdout: `There are no servers in ${it.path}\n` });
    expect([existsSync(it.path), existsSync(it.store)]).toEqual([false, false]);
    const added = await it.registry([
      'add',
      'files',
      '--env',
      'LEVEL=a=b',
      '--cwd',
      '/',
      '--',
      'npx',
      '-y',
      'a server',
    ]);
    expect(added).toEqual({ code: 0, stdout: 'added files (stdio)\n', stderr: '' });
    const url = 'https://search.example.com/mcp';
    await it.registry(['add', 'search', url, '--header', 'Accept: text/plain', '--header', 'X-A:b: c']);
    await it.registry(['add', 'events', '--transport', 'sse', '--endpoint', 'https://events.example.com/sse']);
    await it.registry(['add', 'socket', 'wss://socket.example.com/']);
    expect(it.said()).toEqual([
      { name: 'files', transport: 'stdio', command: 'npx', args: ['-y', 'a server'], env: { LEVEL: 'a=b' }, cwd: '/' },
      { name: 'search', transport: 'streamableHttp', endpoint: url, headers: { Accept: 'text/plain', 'X-A': 'b: c' } },
      { name: 'events', transport: 'sse', endpoint: 'https://events.example.com/sse' },
      { name: 'socket', transport: 'ws', endpoint: 'wss://socket.example.com/' },
    ]);
    const listed = await runCli(['registry', 'list', '--registry-path', it.path]);
    expect(listed.stdout).toMatch(/files +stdio +npx -y a server +LEVEL\n/);
    expect(listed.stdout).toContain('4 servers');
    const shown = await it.registry(['show', 'socket']);
    expect(shown.stdout).toContain('wss://socket.example.com/');
    expect(shown.stdout).toContain('no transport of MCP');
    expect(await it.registry(['remove', 'files', 'socket'])).toMatchObject({
      code: 0,
      stdout: 'removed files\nremoved socket\n',
    });
    expect(documentOf(await it.registry(['list', '--json'])).servers.map(({ name }: { name: string }) => name)).toEqual(
      ['search', 'events'],
    );
  });

  it('has help for each command, and names the option or command that was meant', async () => {
    const names = ['list', 'show', 'add', 'remove', 'import', 'export', 'path', 'verify', 'repair'];
    for (const { code, stdout } of await Promise.all(names.map((name) => runCli(['registry', name, '--help'])))) {
      expect([code, stdout]).toEqual([0, expect.stringContaining('Examples')]);
      expect(stdout).toContain('--registry-path');
    }
    const misspelt = await runCli(['registry', 'add', 'x', '--trasport', 'sse']);
    expect(misspelt).toMatchObject({ code: 2, stdout: '' });
    expect(misspelt.stderr).toContain('Did you mean --transport?');
    expect(misspelt.stderr).toContain('src/main/cli/bin.ts registry add --help');
    expect((await runCli(['registry', 'lst'])).stderr).toContain('Did you mean list?');
    expect((await runCli(['registry'])).code).toBe(2);
  });

  it.each([
    [['add', 'x'], 2, 'Say what to register'],
    [['add', 'x', '--endpoint', 'no URL'], 2, 'servers["x"].endpoint must be an http or https URL'],
    [['add', 'x', 'https://me:pw@a.example/'], 2, 'without credentials'],
    [['add', 'x', 'https://a.example/', '--header', 'no colon'], 2, 'NAME: VALUE'],
    [['add', 'x', 'https://a.example/', '--env', 'A=1'], 2, '--env and --cwd are for a command'],
    [['add', 'x', '--header', 'A: b', '--', 'cmd'], 2, '--header is for a URL'],
    [['add', 'x', '--transport', 'sse', '--', 'cmd'], 2, '--transport sse needs a URL'],
    [['add', 'x', '--transport', 'stdio', 'https://a.example/'], 2, 'needs a command'],
    [['add', 'x', '--endpoint', 'https://a.example/', '--', 'cmd'], 2, 'not both'],
    [['add', 'x', '--transport', 'pigeon', '--', 'cmd'], 2, 'Allowed choices'],
    [['add', 'a\nb', '--', 'cmd'], 2, 'control character'],
    [['add', 'x', '--env', 'A=***masked***', '--', 'cmd'], 1, 'SECRET_MASKED'],
    [['show', 'nobody'], 1, 'SERVER_UNKNOWN'],
    [['remove', 'nobody'], 1, 'SERVER_UNKNOWN'],
    [['import', '/no/such/file'], 2, 'ENOENT'],
    [['list', '--registry-path', '/dev/null/x/servers.json', '--json'], 0, ''],
    [['add', 'x', '--registry-path', '/dev/null/x/servers.json', '--', 'cmd'], 1, 'STORE_UNAVAILABLE'],
    [['list', '--registry-path', '/'], 2, 'is a folder'],
  ])('given %j ends with its code and says why', async (args, code, text) => {
    using it = world();
    const ended = await it.registry(args);
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(text)]);
    expect(existsSync(it.path)).toBe(false);
  });

  it('overwrites nothing unless it is told to, also where two processes add one name at once', async () => {
    using it = world();
    const add = (command: string, ...more: string[]): Promise<Ended> =>
      it.registry(['add', 'x', ...more, '--', command]);
    const both = await Promise.all([add('a'), add('b')]);
    expect(both.map(({ code }) => code).toSorted()).toEqual([0, 1]);
    const [winner, other] = both[0]?.code === 0 ? ['a', 'b'] : ['b', 'a'];
    expect(it.said()).toEqual([{ name: 'x', transport: 'stdio', command: winner }]);
    expect((await add(winner)).stdout).toContain('unchanged');
    const refused = await it.registry(['add', 'x', '--json', '--', other]);
    expect([refused.code, documentOf(refused)]).toMatchObject([1, { ok: false, error: { code: 'SERVER_EXISTS' } }]);
    expect((await add(other, '--replace')).stdout).toContain('replaced');
    expect((await add('third', '--force')).code).toBe(0);
    expect(it.said()).toEqual([{ name: 'x', transport: 'stdio', command: 'third' }]);
  });

  it('loses nothing of eight processes that add at once', async () => {
    using it = world();
    const names = Array.from({ length: 8 }, (_, index) => `s${index}`);
    const ended = await Promise.all(names.map((name) => it.registry(['add', name, '--', name])));
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(names.map(() => [0, '']));
    expect(
      it
        .said()
        .map((server) => (server as { name: string }).name)
        .toSorted(),
    ).toEqual(names);
  });

  it('changes what a host has open, which sees it within a second, and nothing is lost', async () => {
    using it = world();
    await using host = await it.open();
    await host.upsert(registeredProgram('of-the-host'));
    await it.registry(['add', 'of-the-cli', '--', 'cmd']);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(host.getAll().map(({ name }) => name)).toEqual(['of-the-host', 'of-the-cli']);
    await it.registry(['remove', 'of-the-host']);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(host.getAll().map(({ name }) => name)).toEqual(['of-the-cli']);
  });
});

describe('secrets of registered servers', () => {
  it('show in no list, show or export to stdout unless they are asked for', async () => {
    using it = world();
    await it.fill(...secretive);
    const commands = [
      ['list'],
      ['show', 'program'],
      ['show', 'remote'],
      ['export'],
      ['list', '--json'],
      ['export', '--json'],
    ];
    for (const args of commands) {
      const { code, stdout, stderr } = await it.registry(args);
      expect(code).toBe(0);
      for (const secret of SECRETS) expect(stdout + stderr).not.toContain(secret);
      expect(stdout).toContain('***masked***');
    }
    const asked = await it.registry(['export', '--format', 'servers', '--show-secrets']);
    for (const secret of SECRETS) expect(asked.stdout).toContain(secret);
    expect(JSON.parse(asked.stdout)).toEqual({ servers: secretive });
    expect(documentOf(await it.registry(['show', 'program', '--json', '--show-secrets'])).server).toEqual(secretive[0]);
  });

  it('are in a file that is exported, which is its owner’s alone, written in one step, and not over another', async () => {
    using it = world();
    await it.fill(secretive[0]);
    const file = join(it.home, 'out.json');
    expect(await it.registry(['export', file])).toMatchObject({ code: 0, stdout: '' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { command, args, env } = secretive[0];
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ mcpServers: { program: { command, args, env } } });
    writeFileSync(file, 'mine');
    expect(await it.registry(['export', file])).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await it.registry(['export', file, '--force', '--json'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('hunter-of-env');
  });

  it('cannot be imported masked', async () => {
    using it = world();
    using other = world();
    await it.fill(...secretive);
    for (const format of ['claude', 'cursor', 'vscode', 'servers']) {
      const { stdout } = await it.registry(['export', '--format', format]);
      const ended = await other.registry(['import', '-', '--json'], { stdin: stdout });
      const codes = documentOf(ended).results.map(({ code }: { code: string }) => code);
      expect([ended.code, codes]).toEqual([1, ['SECRET_MASKED', 'SECRET_MASKED']]);
    }
    expect(documentOf(await other.registry(['list', '--json'])).servers).toEqual([]);
  });
});

describe('mcp-switchyard registry export', () => {
  it('is imported as it was, in its own format, and in those of the clients but for what they have no words for', async () => {
    using it = world();
    const servers = [
      {
        name: 'a',
        transport: 'stdio',
        command: 'x',
        args: [`\${A:-b}`],
        env: { B: `\${B}` },
        'x-note': { kept: true },
      },
      { name: 'b', transport: 'http', endpoint: 'https://b.example/', headers: { C: `Bearer \${env:C}` } },
      { name: 'c', transport: 'ws', endpoint: 'ws://c.example/' },
    ] as const;
    await it.fill(...servers);
    using same = world();
    await same.registry(['import', '-'], { stdin: (await it.registry(['export', '--format', 'servers'])).stdout });
    expect(same.said()).toEqual(servers);
    const claude = await it.registry(['export']);
    expect(claude.stderr).toContain('c is left out');
    expect(JSON.parse(claude.stdout)).toEqual({
      mcpServers: {
        a: { command: 'x', args: [`\${A:-b}`], env: { B: `\${B}` }, 'x-note': { kept: true } },
        b: { type: 'http', url: 'https://b.example/', headers: { C: `Bearer \${C}` } },
      },
    });
    const vscode = JSON.parse((await it.registry(['export', '--format', 'vscode'])).stdout);
    expect(vscode.servers).toMatchObject({
      a: { type: 'stdio', env: { B: `\${env:B}` } },
      b: { type: 'http', headers: { C: `Bearer \${env:C}` } },
    });
    using again = world();
    const imported = await again.registry(['import', '-', '--json'], { stdin: JSON.stringify(vscode) });
    expect(documentOf(imported)).toMatchObject({ ok: true, results: [{ outcome: 'added' }, { outcome: 'added' }] });
    expect(again.said()).toMatchObject([{ transport: 'stdio', 'x-note': { kept: true } }, { transport: 'http' }]);
  });
});

describe('mcp-switchyard registry import', () => {
  it('takes the files of Claude Desktop and Claude Code', async () => {
    using it = world();
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

  it('takes the file of Cursor, and shows none of its secrets', async () => {
    using it = world();
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

  it('takes the file of VS Code, comments and all, names what it refuses, and goes on', async () => {
    using it = world();
    const file = fixture('workspace/.vscode/mcp.json');
    const ended = await it.registry(['import', file, '--json']);
    expect(ended.code).toBe(1);
    const { results } = documentOf(ended);
    expect(results).toMatchObject([
      { name: 'perplexity', outcome: 'added', remarks: [expect.stringContaining('asks for the input perplexity-key')] },
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

  it('says of each entry what was done: added, unchanged, replaced or refused', async () => {
    using it = world();
    await it.registry(['add', 'same', '--', 'a']);
    await it.registry(['add', 'other', '--', 'a']);
    const stdin = JSON.stringify({
      mcpServers: { same: { command: 'a' }, other: { command: 'b' }, new: { command: 'c' } },
    });
    const outcomes = async (...args: string[]): Promise<[number, string[]]> => {
      const ended = await it.registry(['import', '-', '--json', ...args], { stdin, stdinDelayMs: 1_000 });
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
  ])('refuses %j as a whole', async (text, code) => {
    using it = world();
    const file = join(it.home, 'in.json');
    writeFileSync(file, text, 'latin1');
    const ended = await it.registry(['import', file, '--json']);
    expect([ended.code, documentOf(ended)]).toMatchObject([1, { ok: false, error: { code } }]);
  });
});
