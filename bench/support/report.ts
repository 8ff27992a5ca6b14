import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Circumstances, machineLine, type Report } from '../../src/main/cli/bench/report-figures.ts';
import { htmlOf } from '../../src/main/cli/bench/report-html.ts';

const folder = fileURLToPath(new URL('../results/', import.meta.url));

export function circumstances(name: string, question: string): Circumstances {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  return {
    name,
    question,
    date: new Date().toISOString(),
    command: ['npm run bench --', name, ...process.argv.slice(2)].join(' '),
    commit: `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`,
    machine: machineLine(),
    node: process.version,
  };
}

/** Writes bench/results/DATE-NAME.{json,csv,html} and returns the path without its extension. */
export function writeReport(report: Report): string {
  mkdirSync(folder, { recursive: true });
  const path = `${folder}${report.date.slice(0, 19).replaceAll(':', '')}-${report.name}`;
  writeFileSync(`${path}.json`, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(`${path}.csv`, csvOf(report));
  writeFileSync(`${path}.html`, htmlOf(report));
  return path;
}

function csvOf({ sections }: Report): string {
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = sections.flatMap(({ title, rows }) =>
    rows.flatMap(({ way, metric, unit, samples }) =>
      samples.map((value, index) => [title, metric, way, unit, String(index), String(value)].map(cell).join(',')),
    ),
  );
  return `${['section,metric,way,unit,index,value', ...lines].join('\n')}\n`;
}
