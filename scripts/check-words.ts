/**
 * `npm run words [-- PATH …]`: checks the words of comments, docstrings, test titles and pages. Reports comment lines
 * over 120 columns, sentences over 35 words, and the phrases in scripts/wording/phrases.ts. Exits with 1 if the number
 * of findings in a file differs from the baseline. `--shrink` lowers the baseline, and never raises it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Counts, compareCounts, shrinkCounts } from './architecture/baseline.ts';
import { checkText, checkWidth, type WordFinding } from './wording/findings.ts';
import { readPageTexts } from './wording/page-texts.ts';
import { readSourceTexts } from './wording/source-texts.ts';

const BASELINE = 'scripts/wording/baseline.json';
const FILES = ['*.md', 'src/*.ts', 'test/*.ts', 'bench/*.ts', 'scripts/*.ts', 'vitest.config.ts'];

const args = process.argv.slice(2);
const paths = args.filter((arg) => !arg.startsWith('--'));
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...FILES], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && (paths.length === 0 || paths.some((one) => isWithin(path, one))));

const findings = files.flatMap(checkFile);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (paths.length > 0) {
  for (const finding of findings) say(show(finding));
  say(`${files.length} files, ${findings.length} findings`);
} else {
  let baseline = JSON.parse(readFileSync(BASELINE, 'utf8')) as Counts;
  const counts = countByFile(findings);
  if (args.includes('--shrink')) {
    baseline = shrinkCounts(counts, baseline);
    writeFileSync(BASELINE, `${JSON.stringify(baseline, null, 2)}\n`);
  }
  const complaints = compareCounts(counts, baseline, 'npm run words -- --shrink');
  const changed = new Set(complaints.map(({ key }) => key));
  for (const finding of findings.filter((one) => changed.has(keyOf(one)))) say(show(finding));
  for (const { says } of complaints) say(says);
  say(`${files.length} files, ${findings.length} findings, ${complaints.length} beyond the baseline`);
  process.exitCode = complaints.length === 0 ? 0 : 1;
}

function checkFile(path: string): readonly WordFinding[] {
  const content = readFileSync(path, 'utf8');
  if (path.endsWith('.md')) return readPageTexts(path, content).flatMap(checkText);
  return [...checkWidth(path, content), ...readSourceTexts(path, content).flatMap(checkText)];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

function keyOf({ rule, path }: WordFinding): string {
  return `${rule}: ${path}`;
}

function countByFile(all: readonly WordFinding[]): Counts {
  const counts: Record<string, number> = {};
  for (const one of all) counts[keyOf(one)] = (counts[keyOf(one)] ?? 0) + 1;
  return counts;
}

function show({ path, line, rule, says }: WordFinding): string {
  return `${path}:${line}: ${rule}: ${says}`;
}
