import { describe, expect, it } from 'vitest';
import { type LocalConfig, parseLocalConfig } from '../../../src/main/local-config/local-config.ts';

const env = { HOME: '/home/me', TOKEN: 'a-token-of-mine', EMPTY: '' };
const options = { source: 'mcp.json', env, folder: '/work/project' };

const parse = (text: string): LocalConfig => parseLocalConfig(text, options);
const parseServers = (mcpServers: object): LocalConfig => parse(JSON.stringify({ mcpServers }));
const parseOne = (entry: object): LocalConfig => parseServers({ x: entry });

describe('parseLocalConfig', () => {
  it('a stdio server in a local config file becomes an entry and a command', () => {
    const { servers, problems } = parseOne({ command: 'npx', args: ['-y', 'some-server'], env: { KEY: 'k' } });
    expect(problems).toEqual([]);
    expect(servers).toEqual([
      {
        entry: { id: 'x', version: '0', name: 'x', status: 'enabled', ttl: 0, scopes: [], endpoint: 'stdio:x' },
        command: { command: 'npx', args: ['-y', 'some-server'], env: { KEY: 'k' }, cwd: null },
        login: { oauth: undefined, clientSecret: null, rest: {} },
        envFile: null,
        rest: {},
        source: 'mcp.json',
        place: 'mcpServers["x"]',
        line: 1,
        column: 16,
      },
    ]);
  });

  it.each([
    ['http', 'auto'],
    ['streamable-http', 'streamable-http'],
    ['streamableHttp', 'streamable-http'],
    ['sse', 'sse'],
    [undefined, 'auto'],
  ])('a server with the type %s in a local config file uses the transport %s', (type, transport) => {
    const { servers } = parseOne({ type, url: 'http://localhost:3000/mcp', headers: { 'X-Key': 'k', 'X-Port': 1 } });
    expect(servers[0]?.command).toBeNull();
    expect(servers[0]?.entry).toMatchObject({
      endpoint: 'http://localhost:3000/mcp',
      transport,
      headers: { 'X-Key': 'k', 'X-Port': '1' },
    });
  });

  it("a local config file's `transport` is used as `type` if `type` is missing", () => {
    expect(parseOne({ transport: 'sse', url: 'http://a.example/sse' }).servers[0]?.entry.transport).toBe('sse');
    expect(parseOne({ transport: 'stdio', command: 'a' }).servers[0]?.command).not.toBeNull();
  });

  it.each([
    ['servers', { servers: { x: { command: 'a' } }, inputs: [] }],
    ['mcp.servers', { 'editor.fontSize': 13, mcp: { servers: { x: { command: 'a' } } } }],
    ['mcp.servers', { 'mcp.servers': { x: { command: 'a' } } }],
  ])('the servers of a local config file are found under the key %s', (place, document) => {
    expect(parse(JSON.stringify(document)).servers[0]?.place).toBe(`${place}["x"]`);
  });

  it('a local config file may have comments, trailing commas and a byte order mark', () => {
    const { servers, problems } = parse('\ufeff// mine\n{ "mcpServers": { /* one */ "x": { "command": "a", }, }, }');
    expect(problems).toEqual([]);
    expect(servers).toHaveLength(1);
  });

  it.each([
    [{ command: 'a', disabled: true }, 'disabled'],
    [{ command: 'a', disabled: false }, 'enabled'],
    [{ command: 'a', enabled: false }, 'disabled'],
    [{ command: 'a', enabled: true, disabled: true }, 'disabled'],
  ])('the status of the server %j in a local config file is %s', (entry, status) => {
    expect(parseOne(entry).servers[0]?.entry.status).toBe(status);
  });

  it("a local config file may have the settings of a service map entry, and other clients' settings are ignored", () => {
    const own = {
      description: 'Mine',
      era: 'legacy',
      timeouts: { call: 5 },
      quotas: { perMinute: 3 },
      scopes: ['read'],
      tags: ['t'],
      auth: { type: 'apiKey', headerName: 'X-Key' },
    };
    const theirs = { alwaysAllow: ['a'], disabledTools: [], timeout: 60, gallery: true, dev: {}, oauth: {}, _note: 1 };
    const { servers, problems } = parseOne({ url: 'https://a.example/mcp', ...own, ...theirs });
    expect(problems).toEqual([]);
    expect(servers[0]?.entry).toMatchObject(own);
    expect(servers[0]?.entry).not.toHaveProperty('alwaysAllow');
  });

  it("Cursor's login settings in the `auth` member of a local config file are read as `oauth`", () => {
    const { servers, problems } = parseOne({ url: 'https://a.example/mcp', auth: { CLIENT_ID: 'c' } });
    expect(problems).toEqual([]);
    expect(servers[0]?.entry).not.toHaveProperty('auth');
    expect(servers[0]?.entry.oauth).toEqual({ clientId: 'c' });
  });

  it('an unknown member in a local config file causes a warning, with the nearest known member if it is similar', () => {
    const { servers, problems } = parse('{"mcpServers": {\n  "x": { "command": "a", "agrs": [], "colour": 1 }\n}}');
    expect(servers).toHaveLength(1);
    expect(problems).toEqual([
      {
        severity: 'warning',
        source: 'mcp.json',
        place: 'mcpServers["x"].agrs',
        line: 2,
        column: 26,
        message: 'mcpServers["x"].agrs is unknown and has no effect; the nearest known name is args.',
      },
      expect.objectContaining({ message: 'mcpServers["x"].colour is unknown and has no effect.' }),
    ]);
  });

  it('variables in all settings of a stdio server are expanded, and so is `~` at the start of its command', () => {
    const { servers } = parseOne({
      command: '~/bin/run',
      args: [
        `--token=\${env:TOKEN}`,
        `\${MISSING:-fallback}`,
        `\${EMPTY:-empty}`,
        `\${workspaceFolder}/a`,
        'a~',
        '$TOKEN',
      ],
      env: { A: `\${TOKEN}`, N: 1, B: false, GONE: null },
      cwd: 'sub',
      envFile: `\${userHome}/.env`,
    });
    expect(servers[0]?.command).toEqual({
      command: '/home/me/bin/run',
      args: ['--token=a-token-of-mine', 'fallback', 'empty', '/work/project/a', 'a~', '$TOKEN'],
      env: { A: 'a-token-of-mine', N: '1', B: 'false' },
      cwd: '/work/project/sub',
    });
    expect(servers[0]?.envFile).toBe('/home/me/.env');
  });

  it('a local config file can use the folder variables of clients, unless the environment overrides them', () => {
    const args = ['CLAUDE_PLUGIN_ROOT', 'CLAUDE_PROJECT_DIR', 'extensionPath', 'workspaceFolder:app'];
    const written = { command: 'a', args: args.map((name) => `\${${name}}/x`) };
    expect(parseOne(written).servers[0]?.command?.args).toEqual(args.map(() => '/work/project/x'));
    const set = { ...options, env: { ...env, CLAUDE_PLUGIN_ROOT: '/plugin' } };
    const { servers } = parseLocalConfig(JSON.stringify({ mcpServers: { x: written } }), set);
    expect(servers[0]?.command?.args[0]).toBe('/plugin/x');
  });

  it('a string in place of a server in a local config file is treated as a comment', () => {
    const { servers, problems } = parseServers({ '//': 'mine', _comment: 'x', $schema: 'y', x: { command: 'a' } });
    expect([servers.length, problems]).toEqual([1, []]);
  });

  it('variables in URLs and headers of a local config file are expanded', () => {
    const { servers } = parseOne({
      url: `\${BASE:-https://a.example}/mcp`,
      headers: { Authorization: `Bearer \${TOKEN}` },
    });
    expect(servers[0]?.entry).toMatchObject({
      endpoint: 'https://a.example/mcp',
      headers: { Authorization: 'Bearer a-token-of-mine' },
    });
  });

  it('without an environment, variables in a local config file stay unexpanded, except the folder variables', () => {
    const kept = parseLocalConfig(
      JSON.stringify({
        mcpServers: {
          x: {
            command: '~/bin/run',
            args: [`\${env:TOKEN}`, `\${input:key}`, `\${workspaceFolder}/a`],
            cwd: `\${userHome}/b`,
            envFile: '.env',
            alwaysAllow: ['read'],
          },
          y: { url: `\${BASE}/mcp`, headers: { A: `Bearer \${TOKEN:-none}` } },
          z: { url: 'no URL' },
        },
      }),
      { ...options, env: null },
    );
    expect(kept.servers).toMatchObject([
      {
        command: {
          command: '~/bin/run',
          args: [`\${env:TOKEN}`, `\${input:key}`, '/work/project/a'],
          cwd: `\${userHome}/b`,
        },
        envFile: '/work/project/.env',
        rest: { alwaysAllow: ['read'] },
      },
      { entry: { endpoint: `\${BASE}/mcp`, headers: { A: `Bearer \${TOKEN:-none}` } } },
    ]);
    expect(kept.problems).toMatchObject([{ place: 'mcpServers["z"].url', severity: 'error' }]);
  });

  it('a server in a local config file is rejected if it contains `***masked***` in place of a secret', () => {
    const { servers, problems } = parseOne({ command: 'a', env: { KEY: '***masked***' } });
    expect(servers).toEqual([]);
    expect(problems).toMatchObject([{ place: 'mcpServers["x"].env["KEY"]', severity: 'error' }]);
  });

  it.each([
    ['Grüße, Welt!', 'grusse-welt', 'gru-e-welt'],
    ['My Server', 'my-server', 'my-server'],
    ['@scope/pkg', 'scope-pkg', 'scope-pkg'],
    ['io.github.user/name', 'io.github.user-name', 'io.github.user-name'],
    ['__proto__', 'proto', 'proto'],
    ['a'.repeat(300), 'a'.repeat(100), 'a'.repeat(100)],
  ])('a server with the name %s in a local config file gets an id such as %s', (name, ...ids) => {
    const { servers } = parse(`{"mcpServers": {${JSON.stringify(name)}: {"command": "a"}}}`);
    expect(ids).toContain(servers[0]?.entry.id);
    expect(servers[0]?.entry.name).toBe(name);
  });

  it('a server with a name without Latin letters gets the same id each time', () => {
    const ids = ['服务器', '服务器', '服務器'].map(
      (name) => parseServers({ [name]: { command: 'a' } }).servers[0]?.entry.id,
    );
    expect(ids[0]).toMatch(/^server-[0-9a-f]{12}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('a local config file with members called `__proto__` is read without changing any prototype', () => {
    const text =
      '{"mcpServers":{"__proto__":{"command":"a","env":{"__proto__":"polluted"},"timeouts":{"__proto__":1}}}}';
    const { servers } = parse(text);
    expect(Object.keys(servers[0]?.command?.env ?? {})).toEqual(['__proto__']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(parse('{"mcpServers":{"x":{"__proto__":{"command":"a"}}}}').servers).toEqual([]);
  });

  it('a local config file with ten thousand servers and strings of 64 KiB is read', () => {
    const long = 'x'.repeat(65_536);
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`s${index}`, { command: 'a', bad: 1 }]),
    );
    const { servers, problems } = parseServers({
      ...many,
      long: { command: 'a', args: [long], env: { A: long }, [long]: 1 },
    });
    expect(servers).toHaveLength(10_001);
    expect(problems).toHaveLength(10_001);
    expect(problems.at(-1)?.message.length).toBeLessThan(300);
    expect(servers.at(-1)?.command?.args).toEqual([long]);
  });

  it('a local config file with an empty list of servers is accepted', () => {
    expect(parse('{"mcpServers": {}}')).toEqual({ servers: [], problems: [] });
  });
});
