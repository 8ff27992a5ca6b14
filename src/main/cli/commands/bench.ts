import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemClock } from '../../../shared/clock.ts';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';
import { PACKAGE_VERSION } from '../../../shared/package-version.ts';
import { measureHeadlines } from '../bench/headline.ts';
import { figures, machineLine, type Report, ratioOf, type Section } from '../bench/report-figures.ts';
import { htmlOf } from '../bench/report-html.ts';
import { answerJson } from '../terminal/json-document.ts';
import { EXIT, print, say } from '../terminal/output.ts';
import { ownCommand } from '../terminal/own-command.ts';
import { renderTable } from '../terminal/render-table.ts';
import { writeOutputFile } from '../terminal/write-output-file.ts';

export interface BenchOptions {
  readonly entries: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Path of the report, an HTML page. */
  readonly out: string;
  readonly json: boolean;
}

/**
 * Measures the main comparisons on this machine and writes a report as an HTML page. Resolves with the exit code.
 * Rejects with OPTIONS_INVALID if the report cannot be written.
 */
export async function runBench({ entries, rounds, seconds, out, json }: BenchOptions): Promise<number> {
  const path = resolve(out);
  assertWritable(dirname(path));
  const date = new Date(systemClock.now()).toISOString();
  const sections = await measureHeadlines({
    ...{ entries, rounds, seconds },
    onProgress: (what, done, of) => say(`${String(done + 1).padStart(3)} of ${of}  ${what}`),
  });
  const report: Report = {
    name: 'headlines',
    question: 'How much does a large service map delay the main thread and tool calls?',
    date,
    command: ownCommand(
      'bench',
      ...Object.entries({ entries, rounds, seconds }).flatMap(([name, n]) => [`--${name}`, `${n}`]),
    ),
    commit: `mcp-switchyard ${PACKAGE_VERSION}`,
    machine: machineLine(),
    node: process.version,
    sections,
  };
  writeOutputFile(path, htmlOf(report));
  if (json) answerJson({ report: path, ...report });
  else print(`${report.machine}, Node ${report.node}\n${sections.map(tableOf).join('')}\nWritten: ${path}\n`);
  return EXIT.ok;
}

/**
 * Throws OPTIONS_INVALID if the folder of the report cannot be written. Called before the measurements, which take
 * minutes.
 */
function assertWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new SwitchyardError(
      'OPTIONS_INVALID',
      `Cannot write the report into ${folder} (${codeOf(error) ?? 'unknown'}): give another path with --out`,
    );
  }
}

/** Formats a section of the report as a table for the terminal. */
export function tableOf({ title, rows, notes = [] }: Section): string {
  const body = rows.map((row) => [row.metric, row.way, ...figures(row.samples), row.unit, ratioOf(row, rows)]);
  const table = renderTable(['', 'way', 'n', 'p50', 'p95', 'p99', 'min', 'max', '', 'to baseline'], body);
  return `\n${title}\n${table}${notes.map((note) => `  ${note}\n`).join('')}`;
}
