/**
 * `npm run coverage [-- --report]`: runs the tests with the coverage of V8, which includes worker threads and child
 * processes. Then checks the combined report against thresholds.
 */
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from './run-command.ts';

const RAW = 'coverage/tmp';
const REPORT = [
  'report',
  '--temp-directory',
  RAW,
  '--all',
  '--include',
  'src/**',
  '--reporter',
  'text',
  '--reporter',
  'lcovonly',
  '--check-coverage',
  '--lines',
  '90',
  '--branches',
  '90',
  '--functions',
  '92',
];

const SUITES = ['test', 'test:fleet'];

// With `--report`, the coverage of earlier test runs is checked. CI uses this, because it runs the tests with coverage
// anyway.
const counted = process.argv.includes('--report') || count();
process.exitCode = counted && run('c8', REPORT) ? 0 : 1;

function count(): boolean {
  rmSync('coverage', { recursive: true, force: true });
  // Tests run several times slower while coverage is collected, so tests that depend on timing may fail. With `CI`,
  // each failed test runs once more.
  const env = { NODE_V8_COVERAGE: resolve(RAW), CI: 'true' };
  return SUITES.map((suite) => run('npm', ['run', suite], { env })).every(Boolean);
}
