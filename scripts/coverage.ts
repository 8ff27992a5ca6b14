/**
 * `npm run coverage [-- --report]`: runs the tests with V8's own coverage, which includes worker threads and child
 * processes, and checks the combined report against thresholds.
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

// `--report` only checks coverage that was counted before, because CI counts it in the test runs that it needs anyway.
const counted = process.argv.includes('--report') || count();
process.exitCode = counted && run('c8', REPORT) ? 0 : 1;

function count(): boolean {
  rmSync('coverage', { recursive: true, force: true });
  // Tests are several times slower here, so a test that depends on time gets a second chance, as in CI.
  const env = { NODE_V8_COVERAGE: resolve(RAW), CI: 'true' };
  return SUITES.map((suite) => run('npm', ['run', suite], { env })).every(Boolean);
}
