import { describe, expect, it } from 'vitest';
import { renderTable } from '../../../../src/main/cli/terminal/render-table.ts';

describe('renderTable', () => {
  it('makes each column as wide as its widest cell, without spaces at the end of a line', () => {
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

  it('shows no characters that move a cursor', () => {
    expect(renderTable(['a'], [['x\u001b[2Jy\nz']])).toBe('  a\n  ────\n  xy z\n');
  });
});
