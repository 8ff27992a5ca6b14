import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/fuzz.ts', import.meta.url));

/** Runs `npm run fuzz` without npm. */
function fuzz(...args: string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8', timeout: 100_000 });
}

it('npm run fuzz tests one target for the given time, and prints the outcome as JSON', { timeout: 120_000 }, () => {
  const { status, stdout } = fuzz('--target', 'signatures', '--seconds', '2', '--seed', '7', '--json');
  const { targets, ...rest } = JSON.parse(stdout) as { targets: Record<string, unknown> };
  expect([status, rest]).toEqual([0, { seed: 7, seconds: 2, findings: 0 }]);
  expect(Object.keys(targets)).toEqual(['signatures']);
  const figures = { executions: expect.any(Number), blocks: expect.any(Number), kept: 0, findings: [] };
  expect(targets.signatures).toMatchObject(figures);
});

it('npm run fuzz tests a single input if `--input` is given', { timeout: 60_000 }, () => {
  const { status, stdout } = fuzz('--target', 'signatures', '--input', '"k{}"');
  expect([status, stdout]).toEqual([0, 'This input breaks no rule.\n']);
});

it.each([
  [['--target', 'nothing'], /Unknown targets: nothing\. The targets are client-messages, /],
  [['--seconds', '0'], /--seconds must be/],
  [['--seed', 'x'], /--seed must be/],
  [['--input', '""'], /--input needs exactly one --target/],
])('npm run fuzz rejects the options %j', { timeout: 60_000 }, (args, why) => {
  const { status, stderr } = fuzz(...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(why);
});
