import { describe, expect, it } from 'vitest';
import { formatOfText } from '../../../../src/main/local-config/document/config-format.ts';

describe('formatOfText', () => {
  it.each([
    ['json', '// a comment\n{"a": 1}'],
    ['json', '[1, 2]'],
    ['json', 'no format at all'],
    ['toml', '# a comment\n[mcp_servers.a]\r\ncommand = "x"\r\n'],
    ['toml', '[[list]] # of tables'],
    ['toml', 'a.b = 1'],
    ['json', 'a ='],
    ['yaml', '---\r\n[]'],
    ['yaml', 'mcpServers:\n  a:\n    command: x\n'],
    ['yaml', '- "name": x'],
    ['yaml', 'a\t: x'],
    ['json', 'http://a.example'],
    ['json', ': x'],
  ] as const)('formatOfText() returns %s for %j', (format, text) => {
    expect(formatOfText(text)).toBe(format);
  });

  // Fuzzing found these documents, which once took quadratic time or worse.
  it.each([' ', '\t', '- ', 'a ', '"', '.', '[ ', '] ', '= ', '#', '/*', '//\n'])(
    'formatOfText() takes bounded time for a document with a long run of %j',
    (run) => {
      const before = process.threadCpuUsage();
      for (const start of ['x\n', 'x', '[', '']) formatOfText(`${start}${run.repeat(4_096 / run.length)}~`);
      const { user, system } = process.threadCpuUsage(before);
      expect((user + system) / 1_000).toBeLessThan(500);
    },
  );
});
