/**
 * `npm run house`: whether the layout of src still follows the rules of CONTRIBUTING.md, "The house". Prints a line for each finding and exits
 * with 1 if there is one. `--shrink` takes wide lines that are gone out of the baseline.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { checkForeignJson } from './architecture/foreign-json.ts';
import { RULES } from './architecture/rules.ts';
import { readSourceTree } from './architecture/source-tree.ts';
import { compareWideLines, countWideLines, shrinkBaseline, type WideLines } from './architecture/wide-lines.ts';

const BASELINE = 'scripts/architecture/wide-lines.json';

const files = readSourceTree('.', 'src');
const wide = countWideLines(files);
let baseline = JSON.parse(readFileSync(BASELINE, 'utf8')) as WideLines;
if (process.argv.includes('--shrink')) {
  baseline = shrinkBaseline(wide, baseline);
  writeFileSync(BASELINE, `${JSON.stringify(baseline, null, 2)}\n`);
}
const findings = [...[...RULES, checkForeignJson].flatMap((rule) => rule(files)), ...compareWideLines(wide, baseline)];
for (const finding of findings) process.stdout.write(`${finding}\n`);
process.stdout.write(`${files.length} files, ${findings.length} findings\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
