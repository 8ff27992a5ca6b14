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
const passed = run(
  'vitest',
  ['run', '--project', 'unit', '--project', 'integration', '--project', 'faults', '--project', 'slow'],
  {
    env: { NODE_V8_COVERAGE: RAW },
  },
);
process.exitCode = passed && run('c8', REPORT) ? 0 : 1;
