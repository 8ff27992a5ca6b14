import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How many scenarios passed and failed. */
export interface Score {
  readonly passed: number;
  readonly failed: number;
}

/** The requirement sets of the suite, and how many server scenarios each has. */
export const REQUIREMENTS = [
  { revision: '2025-11-25', serverScenarios: 30 },
  { revision: '2026-07-28', serverScenarios: 37 },
] as const;

const TIMEOUT_MS = 240_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface SuiteOptions {
  /** Fewer scored scenarios than this are a failure. Defaults to 1. */
  readonly least?: number;
  /** Names the scenarios that do not count, however they end. Defaults to none. */
  readonly isLeftOut?: (scenario: string) => boolean;
  /** Whether a scenario that failed is run once more, alone: the suite runs all of a client at once. Defaults to false. */
  readonly retriesAlone?: boolean;
}

/**
 * Runs one requirement set of the official conformance suite. Prints how many of its scored scenarios passed, and the
 * lines of those that failed. A suite that ends badly without naming a scenario is a failure too.
 */
export function runSuite(
  label: string,
  args: readonly string[],
  revision: string,
  { least = 1, isLeftOut = () => false, retriesAlone = false }: SuiteOptions = {},
): Score {
  const results = mkdtempSync(join(tmpdir(), 'conformance-'));
  const all = [...args, '--requirements', revision, '--output-dir', results];
  const options = { encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES } as const;
  const { status, stdout, stderr, error } = spawnSync('conformance', all, options);
  rmSync(results, { recursive: true, force: true });
  const scenarios = stdout.split('\n').filter((line) => /^[✓✗] /.test(line));
  const unscored = new Set([...stdout.matchAll(/^ {2}[✓✗] (\S+) \(/gm)].map(([, name]) => name));
  const nameOf = (line: string): string => line.slice(2).split(':', 1)[0] ?? '';
  const counted = scenarios.filter((line) => !unscored.has(nameOf(line)));
  const scored = counted.filter((line) => !isLeftOut(nameOf(line)));
  const passesAlone = (line: string): boolean => retriesAlone && runAlone(args, nameOf(line), revision);
  const bad = scored.filter((line) => !line.startsWith('✓') && !passesAlone(line));
  const passed = scored.length - bad.length;
  process.stdout.write(`${label}, ${revision}: ${passed} of ${scored.length} scenarios\n`);
  for (const line of bad) process.stdout.write(`  ${line}\n`);
  if (status !== 0 && counted.every((line) => line.startsWith('✓'))) {
    process.stdout.write(`  the suite ended with ${status ?? error?.message}:\n${stdout}${stderr}\n`);
  } else if (scored.length < least) {
    process.stdout.write(`  the suite ran fewer than ${least} scenarios\n`);
  } else {
    return { passed, failed: bad.length };
  }
  return { passed, failed: bad.length + 1 };
}

/** Whether one scenario passes with nothing beside it. */
function runAlone(args: readonly string[], scenario: string, revision: string): boolean {
  const all = [...args, '--scenario', scenario, '--spec-version', revision];
  const passed = spawnSync('conformance', all, { stdio: 'ignore', timeout: TIMEOUT_MS }).status === 0;
  process.stdout.write(`  ${scenario} failed beside the others, and ${passed ? 'passed' : 'failed'} alone\n`);
  return passed;
}

/** Both together. */
export function add(one: Score, other: Score): Score {
  return { passed: one.passed + other.passed, failed: one.failed + other.failed };
}
