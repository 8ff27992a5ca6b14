import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LocalConfig, parseLocalConfig } from '../../../../src/main/local-config/local-config.ts';

const parse = (document: unknown): LocalConfig =>
  parseLocalConfig(JSON.stringify(document), { source: 'mcp.json', env: { KEY: 'k' }, folder: '/work' });

const GROUPS = [
  ...['mcpServers', 'servers', 'mcp', 'mcp.servers', 'amp.mcpServers', 'mcp_servers', 'context_servers', 'extensions'],
  ...['registry', 'packages', 'remotes', 'projects', 'experimental', 'amp', 'server', 'name'],
];
const MEMBERS = [
  ...['command', 'args', 'env', 'url', 'headers', 'type', 'transport', 'transportType', 'cwd', 'timeout', 'tools'],
  ...[
    'serverUrl',
    'httpUrl',
    'baseUrl',
    'bearerToken',
    'bearerTokenEnv',
    'environment',
    'enabled',
    'disabled',
    'trust',
  ],
  ...['env_vars', 'http_headers', 'env_http_headers', 'bearer_token_env_var', 'startup_timeout_sec', 'settings'],
  ...['cmd', 'uri', 'envs', 'env_keys', 'config', 'available_tools', 'image', 'remote', 'secrets', 'volumes', 'oauth'],
  ...[
    'registryType',
    'identifier',
    'packageArguments',
    'environmentVariables',
    'variables',
    'requestOptions',
    'apiKey',
  ],
  ...[
    'includeTools',
    'disabledTools',
    'path',
    'name',
    'value',
    'isActive',
    'auth',
    'timeouts',
    'mcpServers',
    '__proto__',
  ],
];

describe('findServers', () => {
  it('any JSON document is either read as a local config file or rejected with CONFIG_INVALID', () => {
    const text = fc.constantFrom('a', 'stdio', 'local', 'npm', 'https://a.example', `\${KEY}`, '{{A}}', 'npx -y a', '');
    const leaf = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...MEMBERS), tie('value'), { maxKeys: 4 }),
      ),
    }));
    const entry = fc.dictionary(fc.constantFrom(...MEMBERS), value, { maxKeys: 6 });
    const group = fc.oneof(fc.dictionary(fc.constantFrom('x', 'y', 'servers'), entry), fc.array(entry), value);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...GROUPS), group, { maxKeys: 3 }), (document) => {
        try {
          const { servers } = parse(document);
          for (const { entry: it, command } of servers) {
            expect(it.endpoint).toMatch(command === null ? /^https?:/ : /^stdio:/);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['mcpServers', { mcpServers: { good: { command: 'a' }, bad: { command: 1, timeout: {}, tools: 1 } } }],
    ['mcp', { mcp: { good: { type: 'local', command: ['a'] }, bad: { type: 'local', command: [1] } } }],
    ['mcp', { mcp: { good: { type: 'stdio', command: 'a' }, bad: { type: 'stdio', env: 1 } } }],
    [
      'mcp_servers',
      { mcp_servers: { good: { command: 'a' }, bad: { command: 'b', env_vars: 1, http_headers: 1, args: 1 } } },
    ],
    ['context_servers', { context_servers: { good: { command: 'a' }, bad: { command: { path: 1 } } } }],
    ['extensions', { extensions: { good: { type: 'stdio', cmd: 'a' }, bad: { type: 'stdio', cmd: 1 } } }],
    ['registry', { registry: { good: { image: 'a' }, bad: { image: 'b', command: [1] } } }],
    ['the root', { good: { command: 'a' }, bad: { command: 1 } }],
  ])('findServers() skips only the invalid one of two servers under %s', (_, document) => {
    const { servers, problems } = parse(document);
    expect(servers.map(({ entry }) => entry.id)).toEqual(['good']);
    expect(problems.some(({ severity, place }) => severity === 'error' && place.includes('bad'))).toBe(true);
  });

  it('findServers() distinguishes files of OpenCode, Crush, VS Code and Gemini, which all have a member `mcp`', () => {
    const places = (document: object): string[] => parse(document).servers.map(({ place }) => place);
    expect(places({ mcp: { a: { type: 'remote', url: 'https://a.example' } } })).toEqual(['mcp["a"]']);
    expect(places({ mcp: { servers: { a: { command: 'a' } } } })).toEqual(['mcp.servers["a"]']);
    expect(places({ mcp: { servers: { type: 'local', command: ['a'] } } })).toEqual(['mcp["servers"]']);
    expect(places({ mcp: { allowed: ['a'] }, mcpServers: { a: { command: 'a' } } })).toEqual(['mcpServers["a"]']);
  });
});
