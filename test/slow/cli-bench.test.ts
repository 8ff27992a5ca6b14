import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { killRunning, runCli } from '../helpers/cli.ts';
import { expectDocument } from '../helpers/json-documents/document-case.ts';
import { startedElsewhere } from '../helpers/json-documents/started-elsewhere.ts';
import { TempDir } from '../helpers/temp-dir.ts';

afterEach(killRunning);

interface Row {
  readonly way: string;
  readonly metric: string;
  readonly samples: readonly number[];
}

describe('mcp-switchyard bench', () => {
  it('`bench` measures ways to load maps on this machine, reports its progress and writes an HTML page', async () => {
    using dir = new TempDir();
    const out = join(dir.path, 'report.html');
    const args = ['bench', '--entries', '60', '--rounds', '1', '--seconds', '1', '--out', out, '--json'];
    const ended = await runCli(args);
    const { code, stdout, stderr } = ended;
    expectDocument(ended, startedElsewhere('bench'));
    expect([code, stderr.split('\n')[0]]).toEqual([0, '  1 of 3  stalls, plain']);
    const { sections, report } = JSON.parse(stdout) as { sections: { rows: Row[] }[]; report: string };
    expect(report).toBe(out);
    expect(sections.map(({ rows }) => [...new Set(rows.map(({ way }) => way))])).toEqual([
      ['plain', 'inline', 'manager'],
      ['no refresh', 'inline', 'manager'],
    ]);
    for (const { rows } of sections) {
      expect(rows.every(({ samples }) => samples.length > 0 && samples.every((value) => value >= 0))).toBe(true);
    }
    const page = readFileSync(out, 'utf8');
    expect(page).toMatch(/^<!doctype html>[\s\S]*no refresh[\s\S]*<\/html>\n$/);
    // The command starts a dozen processes, one after the other.
  }, 120_000);

  it.each([[['--entries', 'many']], [['--rounds', '0']], [['--out', '/nowhere/at/all/report.html']]])(
    '`bench` rejects the options %j before it measures anything',
    async (args) => {
      const { code, stderr } = await runCli(['bench', ...args]);
      expect(code).toBe(2);
      expect(stderr).not.toContain('stalls');
      expect(existsSync('switchyard-bench.html')).toBe(false);
    },
  );
});
