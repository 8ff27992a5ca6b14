/**
 * `npm run test:faults [-- --full] [--seed N] [--only TEXT]`: tests the registry while its disk or its processes fail.
 * With `--full`, every fault is tested at every possible point, which takes minutes. Without `--full`, only some points
 * are tested. With `--only`, only the cases whose names contain TEXT run. Cases that are impossible on this machine are
 * skipped and reported.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allCases } from '../test/storage-faults/all-cases.ts';
import { type Context, type FaultCase, inLanes, Skip } from '../test/storage-faults/case.ts';
import { compile } from '../test/storage-faults/shim.ts';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 1e6) : Number(values.seed);
if (!Number.isSafeInteger(seed)) throw new Error(`--seed must be a whole number, but is ${values.seed}`);

const folder = mkdtempSync(join(tmpdir(), 'storage-faults-shim-'));
const counts = new Map<string, number>();
const results = { passed: 0, failed: 0, skipped: 0 };
let shim: string | null = null;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

const contextOf = (name: string): Context => ({
  seed,
  isFull: values.full,
  shim: () => {
    shim ??= compile('fault-shim.c', folder, ['-shared', '-fPIC']);
    return shim;
  },
  count: (what, howOften = 1) => void counts.set(what, (counts.get(what) ?? 0) + howOften),
  progress: (text) => say(`      ${name}: ${text}`),
});

async function runCase({ name, run }: FaultCase): Promise<void> {
  const beganMs = performance.now();
  try {
    const what = await run(contextOf(name));
    results.passed += 1;
    say(`  ok  ${name}: ${what} (${seconds(beganMs)})`);
  } catch (error) {
    if (error instanceof Skip) {
      results.skipped += 1;
      say(`  --  SKIPPED ${name}: ${error.message}`);
    } else {
      results.failed += 1;
      say(`  XX  ${name} (${seconds(beganMs)})\n${error instanceof Error ? error.stack : error}`);
    }
  }
}

const startedMs = performance.now();
say(`storage faults, ${values.full ? 'full' : 'short'} form, --seed ${seed}`);
await inLanes(
  allCases.filter(({ name }) => name.includes(values.only)),
  runCase,
);
rmSync(folder, { recursive: true, force: true });
say(`${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}; ${seconds(startedMs)}, --seed ${seed}`);
say(`${results.passed} passed, ${results.failed} failed, ${results.skipped} skipped`);
process.exitCode = results.failed === 0 && results.passed > 0 ? 0 : 1;
