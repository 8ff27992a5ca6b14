/**
 * `npm run bench:quick [-- PART …]`: runs all benchmarks, or the named parts, once and with the smallest possible
 * sizes. That takes about five minutes. The run shows only that the benchmarks work, and its figures mean nothing.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run-command.ts';

const bench = (...args: string[]): boolean => run(process.execPath, ['bench/run.ts', ...args]);
const switchyard = (...args: string[]): boolean => run(process.execPath, ['src/main/cli/bin.ts', ...args]);
const scale = (parts: string, ...args: string[]): boolean => bench('scale', '--only', parts, '--rounds', '1', ...args);

const PARTS: Readonly<Record<string, () => boolean>> = {
  'scale, sizes': () => scale('stall,memory', '--sizes', '100'),
  'scale, calls': () => scale('calls,cost,small', '--seconds', '2'),
  'scale, soak': () => scale('streaming,soak', '--seconds', '5'),
  schedule: () => bench('schedule'),
  trust: () => bench('trust', '--only', 'canonical', '--pairs', '1', '--entries', '200'),
  tracing: () => bench('tracing', '--rounds', '1', '--calls', '1000'),
  registry: () => bench('registry', '--only', 'flush,warm', '--rounds', '1', '--no-peers'),
  connectors: () => bench('connectors', '--only', 'cold', '--rounds', '1', '--no-peers'),
  programs: () =>
    bench(
      'programs',
      ...['--runs', '1', '--count', '4', '--burn', '100', '--wait', '500', '--cap', '5000', '--no-peers'],
    ),
  gateway: () => bench('gateway', '--only', 'warm', '--rounds', '1', '--no-peers'),
  startup: () => bench('startup', '--only', 'import,first-list,trips,command-line', '--rounds', '1', '--no-peers'),
  fleet: () =>
    bench('fleet', '--only', 'many', '--hosts', '8', '--processes', '2', '--entries', '20', '--changes', '1'),
  'mcp-switchyard bench': () =>
    switchyard(
      ...['bench', '--entries', '200', '--rounds', '1', '--seconds', '2'],
      ...['--out', join(tmpdir(), `switchyard-bench-${process.pid}.html`)],
    ),
};

const startedMs = performance.now();
const failed: string[] = [];
const wanted = process.argv.slice(2);
const parts = Object.entries(PARTS).filter(([name]) => wanted.length === 0 || wanted.includes(name));
if (parts.length < wanted.length) failed.push(...wanted.filter((name) => !(name in PARTS)));
for (const [name, measure] of parts) if (!measure()) failed.push(name);
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
process.stdout.write(`\n${parts.length} ran, ${failed.length} failed, ${seconds} s\n`);
if (failed.length > 0) {
  process.stderr.write(`Failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
