import { describe, expect, it } from 'vitest';
import { type ImportEntry, readImport } from '../../../../src/main/registry/transfer/import-servers.ts';

const read = (text: string | Uint8Array, source = 'mcp.json'): ImportEntry[] =>
  readImport(text, { source, folder: '/work' });

const placesOf = (entries: readonly ImportEntry[]): string[] => entries.map(({ line, column }) => `${line}:${column}`);

describe('import', () => {
  it('an import reports the position of the error in an entry that it rejects', () => {
    const text =
      '{\n  "mcpServers": {\n    "x": {\n      "command": "a",\n      "args": ["b", 1]\n    },\n    "y": {}\n  }\n}';
    const entries = read(text);
    expect(placesOf(entries)).toEqual(['5:21', '7:10']);
    expect(entries.map(({ refusal }) => refusal?.code)).toEqual(['CONFIG_INVALID', 'CONFIG_INVALID']);
  });

  it('an import reports positions in TOML and YAML', () => {
    expect(placesOf(read('[mcp_servers.x]\ncommand = "x"\nargs = [\n  1,\n]', 'config.toml'))).toEqual(['4:3']);
    expect(placesOf(read('mcpServers:\n  x:\n    command: x\n    args:\n      - 1\n', 'a.yaml'))).toEqual(['5:9']);
  });

  it('an import reports the position of an invalid member in a list that a registry exported', () => {
    const text =
      '{ "servers": [\n  { "name": "a", "transport": "http" },\n  { "name": "b",\n    "transport": "stdio",\n    "args": ["c",\n      1] }\n] }';
    const entries = read(text);
    expect(placesOf(entries)).toEqual(['2:3', '6:7']);
    expect(entries[1]).toMatchObject({ name: 'b', refusal: { code: 'SERVER_INVALID' } });
  });

  it('an import rejects unusable servers with the reason, and accepts all other servers', () => {
    const [extension, custom] = read('{ "context_servers": { "e": { "settings": {} }, "c": { "command": "c" } } }');
    expect(extension).toMatchObject({ name: 'e', server: null, refusal: { code: 'CONFIG_INVALID' } });
    expect(extension?.refusal?.reason).toContain('is an extension of Zed');
    expect(custom?.server).toEqual({ name: 'c', transport: 'stdio', command: 'c' });
  });

  it('an import ignores disabled extensions of Goose', () => {
    const text = 'extensions:\n  off: { type: platform, enabled: false }\n  on: { type: stdio, cmd: a }\n';
    expect(read(text, 'config.yaml').map(({ name }) => name)).toEqual(['on']);
  });

  it('an import does not expand variables, so that their values are read when the server is used', () => {
    const [server] = read(
      '[mcp_servers.x]\nurl = "https://a.example"\nbearer_token_env_var = "TOKEN"\nstartup_timeout_sec = 2',
      'config.toml',
    );
    expect(server?.server).toEqual({
      name: 'x',
      transport: 'http',
      endpoint: 'https://a.example',
      headers: { Authorization: `Bearer \${TOKEN}` },
      timeouts: { connect: 2_000 },
    });
  });

  it('an import reads UTF-16, and rejects content that is not text', () => {
    const text = '{ "mcpServers": { "x": { "command": "x" } } }';
    expect(read(Buffer.from(`\ufeff${text}`, 'utf16le'))[0]?.server).toMatchObject({ name: 'x' });
    expect(() => read(Uint8Array.of(0x7b, 0xff))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
