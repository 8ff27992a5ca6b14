/**
 * `npm run house`: checks that the layout of src follows the rules in CONTRIBUTING.md, section "The house". Prints a
 * line for each finding, and exits with 1 if there is any. `--shrink` lowers the baseline of wide lines.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Counts, compareCounts, shrinkCounts } from './architecture/baseline.ts';
import { checkForeignJson } from './architecture/foreign-json.ts';
import { RULES } from './architecture/rules.ts';
import { readSourceTree } from './architecture/source-tree.ts';
import { countWideLines } from './architecture/wide-lines.ts';

const BASELINE = 'scripts/architecture/wide-lines.json';

const files = readSourceTree('.', 'src');
const wide = countWideLines(files);
let baseline = JSON.parse(readFileSync(BASELINE, 'utf8')) as Counts;
if (process.argv.includes('--shrink')) {
  baseline = shrinkCounts(wide, baseline);
  writeFileSync(BASELINE, `${JSON.stringify(baseline, null, 2)}\n`);
}
const findings = [
  ...[...RULES, checkForeignJson].flatMap((rule) => rule(files)),
  ...compareCounts(wide, baseline, 'npm run house -- --shrink').map(({ says }) => `wide lines: ${says}`),
];
for (const finding of findings) process.stdout.write(`${finding}\n`);
process.stdout.write(`${files.length} files, ${findings.length} findings\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
