import { describe, expect, it } from 'vitest';
import { renderTable } from '../../../../src/main/cli/terminal/render-table.ts';

describe('renderTable', () => {
  it('renderTable() makes each column as wide as its widest cell, without trailing spaces', () => {
    expect(
      renderTable(
        ['id', 'state'],
        [
          ['a', 'ready'],
          ['longer', ''],
        ],
      ),
    ).toBe('  id      state\n  ──────  ─────\n  a       ready\n  longer\n');
  });

  it('renderTable() prints no characters that move the cursor', () => {
    expect(renderTable(['a'], [['x\u001b[2Jy\nz']])).toBe('  a\n  ────\n  xy z\n');
  });

  it('renderTable() truncates the widest column until the lines fit the terminal', () => {
    const table = renderTable(['name', 'text'], [['a.tool', 'x'.repeat(100)]], 40);
    expect(table.split('\n').every((line) => line.length <= 40)).toBe(true);
    expect(table).toContain('xxx…\n');
    expect(renderTable(['name', 'text'], [['a.tool', 'x'.repeat(100)]])).toContain('x'.repeat(100));
  });

  it('renderTable() aligns columns even if cells contain wide or combining characters', () => {
    const lines = renderTable(
      ['name', 'b'],
      [
        ['北京', '1'],
        ['e\u0301', '2'],
        ['🎉', '3'],
      ],
    )
      .trimEnd()
      .split('\n');
    expect(lines.slice(2)).toEqual(['  北京  1', '  e\u0301     2', '  🎉    3']);
  });
});
