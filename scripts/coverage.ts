/**
 * `npm run coverage`: tests with V8's own coverage, which reaches into worker threads and child processes; one report over all,
 * with thresholds.
 */
import { rmSync } from 'node:fs';
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

rmSync('coverage', { recursive: true, force: true });
// `npm test` judges the tests. Here they run several times slower, so one that depends on time gets a second chance.
const PROJECTS = ['unit', 'integration', 'faults', 'slow'].flatMap((name) => ['--project', name]);
const passed = run('vitest', ['run', '--retry', '2', ...PROJECTS], { env: { NODE_V8_COVERAGE: RAW } });
process.exitCode = passed && run('c8', REPORT) ? 0 : 1;
