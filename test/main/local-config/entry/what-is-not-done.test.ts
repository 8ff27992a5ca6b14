import { describe, expect, it } from 'vitest';
import { type LocalConfig, parseLocalConfig } from '../../../../src/main/local-config/local-config.ts';

const URL = 'https://a.example/mcp';

const parse = (entry: object): LocalConfig =>
  parseLocalConfig(JSON.stringify({ mcpServers: { x: entry, y: { command: 'y' } } }), {
    source: 'mcp.json',
    env: { KEY: 'k' },
    folder: '/work',
  });

describe('entry with unsupported features', () => {
  it.each([
    ['headersHelper', { url: URL, headersHelper: './get-headers' }, 'names a command, which is never run'],
    ['auth', { url: URL, auth: 'chatgpt' }, 'requires a token that only its client can obtain'],
    ['authProviderType', { url: URL, authProviderType: 'google_credentials' }, 'requires Google credentials'],
    ['sandboxEnabled', { command: 'a', sandboxEnabled: true }, 'runs without a sandbox'],
    ['args[0]', { command: 'a', args: ['$KEY'] }, 'contains $KEY, which is used unchanged'],
    ['args[0]', { command: 'a', args: ['--key=$KEY'] }, 'contains $KEY'],
    ['args[0]', { command: 'a', args: ['$(cat key)'] }, 'contains a command, which is never run'],
    ['env["K"]', { command: 'a', env: { K: '!op read op://a/b' } }, 'contains a command, which is never run'],
    ['headers["K"]', { url: URL, headers: { K: 'Bearer $KEY' } }, 'contains $KEY'],
    ['headers["K"]', { url: URL, headers: { K: '{{SOME_USER}}' } }, 'contains {{SOME_USER}}'],
    ['env["K"]', { command: 'a', env: { K: null } }, 'comes from the variable K, which is not set'],
    ['timeout', { command: 'a', timeout: 'soon' }, 'is not a number'],
    ['command', { command: 'npx -y a' }, 'contains arguments: put them into args'],
  ])('a config entry with an unsupported setting is used with one warning at %s: %j', (member, entry, why) => {
    const { servers, problems } = parse(entry);
    expect(servers).toHaveLength(2);
    const place = `mcpServers["x"].${member}`;
    expect(problems).toEqual([
      expect.objectContaining({ severity: 'warning', place, message: expect.stringContaining(why) }),
    ]);
  });

  it.each([
    [{ url: URL, oauth: false }],
    [{ url: URL, oauth: true }],
    [{ url: URL, oauth: { clientId: 'c' } }],
    [{ url: URL, auth: 'oauth' }],
    [{ url: URL, auth: { CLIENT_ID: 'c' } }],
    [{ url: URL, authProviderType: 'dynamic_discovery' }],
    [{ url: URL, oauth: {}, headers: { Authorization: 'Bearer t' } }],
    [{ url: URL, oauth: {}, auth: { type: 'bearer' } }],
    [{ command: 'a', sandboxEnabled: false }],
    [{ command: 'sh', args: ['-c', 'run "$KEY" $(cat key)'] }],
    [{ command: 'a', args: ['^\\d+$', 'costs $5', 'a$b'], env: { K: 'pa$WORD', L: '!important' } }],
    [{ command: 'a', timeout: 0 }],
  ])('a config entry is used without a warning if none of its settings is lost: %j', (entry) => {
    expect(parse(entry)).toMatchObject({ problems: [] });
  });

  it.each(['Host', 'content-length', 'Transfer-Encoding', 'connection', 'TE', 'upgrade', 'Keep-Alive', 'trailer'])(
    'a config entry with the header %s is skipped, because the connection sets this header itself',
    (name) => {
      const { servers, problems } = parse({ url: URL, headers: { [name]: 'x' } });
      expect(servers.map(({ entry }) => entry.id)).toEqual(['y']);
      const message = expect.stringContaining(`is the header ${name.toLowerCase()}, which the connection sets itself`);
      expect(problems).toMatchObject([{ severity: 'error', place: `mcpServers["x"].headers["${name}"]`, message }]);
    },
  );

  it.each([
    [{ timeout: 60 }, { call: 60_000 }],
    [{ timeout: 3_600 }, { call: 3_600_000 }],
    [{ timeout: 30_000 }, { call: 30_000 }],
    [{ timeout: '45' }, { call: 45_000 }],
    [{ timeout: 60, timeouts: { call: 5 } }, { call: 5 }],
    [
      { timeout: 60, timeouts: { connect: 5 } },
      { connect: 5, call: 60_000 },
    ],
    [{ timeout: 60, trust: true }, { call: 60 }],
    [{ timeout: 60, tools: ['*'] }, { call: 60 }],
    [{ initTimeout: 500 }, { connect: 500 }],
  ])('the timeouts of a config entry are read in the unit that its client uses: %j', (entry, timeouts) => {
    expect(parse({ command: 'a', ...entry }).servers[0]?.entry.timeouts).toEqual(timeouts);
  });

  it.each([
    [{ tools: ['a'] }, { allow: ['a'] }],
    [{ tools: { allow: ['a'], deny: ['b'] } }, { allow: ['a'], deny: ['b'] }],
    [
      { includeTools: ['a', 'b(c)'], excludeTools: ['d'] },
      { allow: ['a', 'b'], deny: ['d'] },
    ],
    [{ disabledTools: ['a'], blocked_tools: ['b'] }, { deny: ['a', 'b'] }],
    [
      { tools: ['a'], disabledTools: ['b'] },
      { allow: ['a'], deny: ['b'] },
    ],
    [{ enabledTools: [] }, { allow: [] }],
    [{ tools: [{ name: 'a' }] }, { allow: ['a'] }],
    [{ tools: { get: { description: 'x' } } }, undefined],
    [{ disabledTools: null }, undefined],
  ])('the allowed and denied tools of a config entry are read from the settings of any client: %j', (entry, tools) => {
    const { servers, problems } = parse({ command: 'a', ...entry });
    expect(problems).toEqual([]);
    expect(servers[0]?.entry.tools).toEqual(tools);
  });
});
