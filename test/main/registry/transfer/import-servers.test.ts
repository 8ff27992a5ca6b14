import { describe, expect, it } from 'vitest';
import { MASK } from '../../../../src/main/masking/secret-mask.ts';
import { exportServers } from '../../../../src/main/registry/transfer/export-servers.ts';
import { readImport } from '../../../../src/main/registry/transfer/import-servers.ts';
import type { ServerInfo } from '../../../../src/shared/servers/server-info.ts';

const read = (document: object | string) =>
  readImport(typeof document === 'string' ? document : JSON.stringify(document, null, 2), {
    source: 'file',
    folder: '/home/x',
  });

const servers: readonly ServerInfo[] = [
  { name: 'p', transport: 'stdio', command: 'c', args: ['x'], env: { A: '1' } },
  { name: 'r', transport: 'http', endpoint: 'http://127.0.0.1:9/mcp', headers: { H: '1' } },
  { name: 's', transport: 'sse', endpoint: 'http://127.0.0.1:9/sse' },
];

describe('an import', () => {
  it.each(['servers', 'vscode', 'claude'] as const)('takes back what was exported for %s', (format) => {
    const taken = read(exportServers(servers, format).document).map(({ server, refusal }) => ({ server, refusal }));
    const expected = servers.map((server) => ({
      // An http of the clients tries SSE as well, as that of the registry does.
      server: format === 'servers' ? server : expect.objectContaining(server),
      refusal: null,
    }));
    expect(taken).toMatchObject(expected);
  });

  it('reads a file of the registry entry by entry, saying where each stands', () => {
    const entries = read({ servers: [servers[0], { name: 'bad', transport: 'pigeon' }, 7] });
    expect(entries.map(({ name, place, refusal }) => [name, place, refusal?.code])).toEqual([
      ['p', 'servers[0]', undefined],
      ['bad', 'servers[1]', 'SERVER_INVALID'],
      [null, 'servers[2]', 'SERVER_INVALID'],
    ]);
    expect(entries.map(({ line }) => line)).toEqual([3, 14, 18]);
  });

  it.each([
    ['of the registry', { servers: [{ ...servers[0], env: { KEY: MASK } }] }],
    ['of a client', { mcpServers: { p: { command: 'c', env: { KEY: MASK } } } }],
  ])('never takes the mask for a secret in a file %s', (_, document) => {
    expect(read(document)).toMatchObject([{ name: 'p', server: null, refusal: { code: 'SECRET_MASKED' } }]);
  });

  it('leaves variables as they are written', () => {
    const [entry] = read({ mcpServers: { p: { command: 'c', env: { KEY: `\${TOKEN}` } } } });
    expect(entry?.server).toMatchObject({ env: { KEY: `\${TOKEN}` } });
  });

  it('keeps members that only the registry or a newer client knows, but not its own under another meaning', () => {
    const [entry] = read({ mcpServers: { p: { command: 'c', novelty: [1], name: 'other', endpoint: 'x' } } });
    expect(entry?.server).toMatchObject({ name: 'p', novelty: [1] });
    expect(entry?.server).not.toHaveProperty('endpoint');
  });

  it('refuses a text that is no such file', () => {
    expect(() => read('no')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
