/**
 * `npm run check`: runs all checks that a change must pass. All steps run, even if one fails. The exit code is 0 only
 * if all steps passed. `--without-tests` skips the last step, the tests, so that they can be run separately.
 */
import { run } from './run-command.ts';

const STEPS: readonly (readonly [string, string, readonly string[]])[] = [
  ['format and lint', 'biome', ['check', '--error-on-warnings']],
  ['types', 'tsc', []],
  ['layout', 'node', ['scripts/check-house.ts']],
  ['words', 'node', ['scripts/check-words.ts']],
  ['generated docs', 'node', ['scripts/generate-docs.ts', '--check']],
  ['unused code', 'knip', ['--no-progress']],
  ['tests', 'vitest', ['run', '--project', 'unit', '--project', 'integration', '--project', 'faults']],
];

const steps = process.argv.includes('--without-tests') ? STEPS.filter(([name]) => name !== 'tests') : STEPS;
const failed = steps.filter(([name, command, args]) => {
  process.stdout.write(`\n== ${name}\n`);
  return !run(command, args);
});
process.stdout.write(
  failed.length === 0 ? '\nAll checks passed\n' : `\nFailed: ${failed.map(([name]) => name).join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
