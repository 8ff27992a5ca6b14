import { describe, expect, it } from 'vitest';
import { mergeIntoFile } from '../../../../src/main/registry/transfer/merge-into-file.ts';

const entries = { b: { command: 'new' }, c: { url: 'https://c.example' } };

describe('mergeIntoFile', () => {
  it('mergeIntoFile() keeps comments, order, tabs and line endings of a JSON file', () => {
    const text =
      '// mine\r\n{\r\n\t"theme": 1, // dark\r\n\t"mcpServers": {\r\n\t\t/* the first */ "a": {},\r\n\t\t"b": { "command": "old" }\r\n\t}\r\n}\r\n';
    const merged = mergeIntoFile(text, 'a.json', { key: 'mcpServers', entries });
    expect(merged.split('\r\n')).toEqual([
      '// mine',
      '{',
      '\t"theme": 1, // dark',
      '\t"mcpServers": {',
      '\t\t/* the first */ "a": {},',
      '\t\t"b": {',
      '\t\t\t"command": "new"',
      '\t\t},',
      '\t\t"c": {',
      '\t\t\t"url": "https://c.example"',
      '\t\t}',
      '\t}',
      '}',
      '',
    ]);
  });

  it('mergeIntoFile() adds the member with the servers to a JSON file that lacks this member', () => {
    expect(JSON.parse(mergeIntoFile('{ "a": 1 }', 'a.json', { key: 'servers', entries }))).toEqual({
      a: 1,
      servers: entries,
    });
  });

  it('mergeIntoFile() keeps the comments of YAML', () => {
    const text = '# mine\nextensions:\n  a: { type: stdio } # the first\n  b: { cmd: old }\n';
    const merged = mergeIntoFile(text, 'config.yaml', { key: 'extensions', entries });
    expect(merged).toContain('# mine\nextensions:\n  a: { type: stdio } # the first\n');
    expect(merged).toContain('command: new');
    expect(merged).not.toContain('old');
  });

  it('mergeIntoFile() appends new servers to a TOML file, and replaces nothing', () => {
    const text = '# mine\n[mcp_servers.a]\ncommand = "a"\n';
    const merged = mergeIntoFile(text, 'config.toml', { key: 'mcp_servers', entries });
    expect(merged.startsWith(`${text}\n[mcp_servers.b]\n`)).toBe(true);
    expect(() => mergeIntoFile(merged, 'config.toml', { key: 'mcp_servers', entries })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    );
  });

  it.each(['[]', '{ "mcpServers": [] }', 'no JSON'])('mergeIntoFile() rejects a file with the content %s', (text) => {
    expect(() => mergeIntoFile(text, 'a.json', { key: 'mcpServers', entries })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});
