import { describe, expect, it } from 'vitest';
import { EXPORT_FORMATS } from '../../../../src/main/registry/transfer/export-formats.ts';
import { exportServers } from '../../../../src/main/registry/transfer/export-servers.ts';
import { readImport } from '../../../../src/main/registry/transfer/import-servers.ts';
import type { ServerInfo } from '../../../../src/shared/servers/server-info.ts';

const variable = (name: string): string => `\${${name}}`;

const PROGRAM: ServerInfo = {
  name: 'files',
  transport: 'stdio',
  command: 'npx',
  args: ['-y', 'files', '--key', '4'],
  env: { API_KEY: variable('API_KEY'), LEVEL: 'debug' },
};
const REMOTE: ServerInfo = {
  name: 'far away',
  transport: 'http',
  endpoint: 'https://far.example.com/mcp',
  headers: { Authorization: `Bearer ${variable('TOKEN')}`, 'X-Key': variable('API_KEY'), 'X-Region': 'eu' },
  disabled: true,
};
const EVENTS: ServerInfo = { name: 'events', transport: 'sse', endpoint: 'https://events.example.com/sse' };
const LIMITED: ServerInfo = {
  ...{ name: 'limited', transport: 'stdio', command: 'limited' },
  tools: { allow: ['read', 'write'], deny: ['drop'] },
  timeouts: { connect: 20_500, call: 90_000 },
};
const LOGIN: ServerInfo = {
  ...{ name: 'login', transport: 'http', endpoint: 'https://login.example.com/mcp' },
  oauth: { clientId: 'an-id', clientSecret: variable('SECRET'), scopes: ['read', 'write'] },
};
const MACHINE: ServerInfo = {
  ...{ name: 'machine', transport: 'http', endpoint: 'https://machine.example.com/mcp' },
  oauth: { clientId: 'an-id', privateKeyEnv: 'KEY', grant: 'client_credentials', issuer: 'https://login.example.com' },
};
const OPEN: ServerInfo = {
  ...{ name: 'open', transport: 'http', endpoint: 'https://open.example.com/mcp' },
  oauth: false,
};
const SOCKET: ServerInfo = { name: 'socket', transport: 'ws', endpoint: 'wss://socket.example.com/' };

const EXTENSIONS = { codex: 'toml', goose: 'yaml' } as const;

/**
 * Exports the servers, imports the export, and returns the imported servers in their original order. Different
 * spellings of the same transport or variable are made equal.
 */
function roundTrip(servers: readonly ServerInfo[], format: (typeof EXPORT_FORMATS)[number]): unknown[] {
  const { text } = exportServers(servers, format);
  const extension = format === 'codex' || format === 'goose' ? EXTENSIONS[format] : 'json';
  return readImport(text, { source: `a.${extension}`, folder: '/work' }).map(({ server, refusal }) => {
    expect(refusal).toBeNull();
    return JSON.parse(
      JSON.stringify({
        ...server,
        transport: server?.transport === 'streamableHttp' ? 'http' : server?.transport,
      }).replaceAll('${env:', '$'.concat('{')),
    );
  });
}

const plainly = (server: ServerInfo): unknown => JSON.parse(JSON.stringify(server));

describe('export', () => {
  it.each(EXPORT_FORMATS)('an export in the format %s can be imported again without loss', (format) => {
    // Codex does not support SSE, and OpenCode detects the transport itself.
    const hasSse = format !== 'codex' && format !== 'opencode';
    const servers = hasSse ? [PROGRAM, REMOTE, EVENTS] : [PROGRAM, REMOTE];
    expect(roundTrip(servers, format)).toEqual(servers.map((server) => expect.objectContaining(plainly(server))));
  });

  it.each(['claude', 'cursor', 'vscode', 'zed', 'gemini', 'codex', 'servers'] as const)(
    'an export in the format %s keeps tool lists and timeouts',
    (format) => {
      expect(roundTrip([LIMITED], format)).toEqual([expect.objectContaining(plainly(LIMITED))]);
    },
  );

  it.each(['claude', 'cursor', 'vscode', 'zed', 'gemini', 'opencode', 'servers'] as const)(
    'an export in the format %s keeps the login settings of servers',
    (format) => {
      const servers = format === 'opencode' ? [LOGIN, OPEN] : [LOGIN, MACHINE, OPEN];
      expect(roundTrip(servers, format)).toEqual(servers.map((server) => expect.objectContaining(plainly(server))));
    },
  );

  it('an export writes login settings with the member names of the client that reads the format', () => {
    const entryIn = (format: (typeof EXPORT_FORMATS)[number], key: string, server: ServerInfo): unknown =>
      (exportServers([server], format).document as Record<string, Record<string, unknown>>)[key]?.[server.name];
    expect(entryIn('cursor', 'mcpServers', LOGIN)).toMatchObject({
      auth: { CLIENT_ID: 'an-id', CLIENT_SECRET: `\${env:SECRET}`, scopes: ['read', 'write'] },
    });
    expect(entryIn('claude', 'mcpServers', LOGIN)).toMatchObject({
      oauth: { clientId: 'an-id', scopes: 'read write' },
    });
    expect(entryIn('opencode', 'mcp', LOGIN)).toMatchObject({
      oauth: { clientId: 'an-id', clientSecret: '{env:SECRET}', scope: 'read write' },
    });
    expect(entryIn('codex', 'mcp_servers', LOGIN)).toMatchObject({
      oauth: { client_id: 'an-id' },
      scopes: ['read', 'write'],
    });
    const named = { ...LOGIN, oauth: { clientId: 'an-id', clientSecretEnv: 'SECRET' } };
    expect(entryIn('gemini', 'mcpServers', named)).toMatchObject({
      oauth: { enabled: true, clientId: 'an-id', clientSecret: variable('SECRET') },
    });
    const unsaid = (format: (typeof EXPORT_FORMATS)[number]) => exportServers([MACHINE, OPEN], format).unsaid;
    expect([unsaid('opencode'), unsaid('codex'), unsaid('goose'), unsaid('cursor')]).toEqual([
      [{ name: 'machine', members: ['oauth'] }],
      [{ name: 'machine', members: ['oauth'] }],
      [{ name: 'machine', members: ['oauth'] }],
      [],
    ]);
  });

  it('an export reports which servers and settings its format cannot express', () => {
    expect(exportServers([LIMITED, SOCKET], 'opencode')).toMatchObject({
      leftOut: ['socket'],
      unsaid: [{ name: 'limited', members: ['tools', 'timeouts'] }],
    });
    expect(exportServers([EVENTS, LIMITED], 'codex')).toMatchObject({ leftOut: ['events'], unsaid: [] });
    expect(exportServers([LIMITED], 'goose').unsaid).toEqual([{ name: 'limited', members: ['tools', 'timeouts'] }]);
  });

  it('an export for OpenCode has the member names of OpenCode', () => {
    expect(exportServers([PROGRAM, REMOTE], 'opencode').document).toEqual({
      $schema: 'https://opencode.ai/config.json',
      mcp: {
        files: {
          type: 'local',
          command: ['npx', '-y', 'files', '--key', '4'],
          environment: { API_KEY: '{env:API_KEY}', LEVEL: 'debug' },
          enabled: true,
        },
        'far away': {
          type: 'remote',
          url: 'https://far.example.com/mcp',
          headers: { Authorization: 'Bearer {env:TOKEN}', 'X-Key': '{env:API_KEY}', 'X-Region': 'eu' },
          enabled: false,
        },
      },
    });
  });

  it('an export for Codex has the member names of Codex', () => {
    expect(exportServers([PROGRAM, REMOTE], 'codex').text.split('\n')).toEqual(
      expect.arrayContaining([
        '[mcp_servers.files]',
        'env_vars = [ "API_KEY" ]',
        '[mcp_servers."far away"]',
        'bearer_token_env_var = "TOKEN"',
        'enabled = false',
        '[mcp_servers."far away".env_http_headers]',
        'X-Key = "API_KEY"',
      ]),
    );
  });
});
