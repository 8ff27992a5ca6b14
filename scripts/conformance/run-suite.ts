import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
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
export async function runSuite(
  label: string,
  args: readonly string[],
  revision: string,
  { least = 1, isLeftOut = () => false, retriesAlone = false }: SuiteOptions = {},
): Promise<Score> {
  const results = await mkdtemp(join(tmpdir(), 'conformance-'));
  const { status, stdout, stderr, error } = await run([...args, '--requirements', revision, '--output-dir', results]);
  await rm(results, { recursive: true, force: true });
  const scenarios = stdout.split('\n').filter((line) => /^[✓✗] /.test(line));
  const unscored = new Set([...stdout.matchAll(/^ {2}[✓✗] (\S+) \(/gm)].map(([, name]) => name));
  const nameOf = (line: string): string => line.slice(2).split(':', 1)[0] ?? '';
  const counted = scenarios.filter((line) => !unscored.has(nameOf(line)));
  const scored = counted.filter((line) => !isLeftOut(nameOf(line)));
  const bad: string[] = [];
  for (const line of scored.filter((scenario) => !scenario.startsWith('✓'))) {
    const passed = retriesAlone && (await runAlone(args, nameOf(line), revision));
    if (retriesAlone)
      process.stdout.write(`  ${nameOf(line)} failed beside the others, and ${passed ? 'passed' : 'failed'} alone\n`);
    if (!passed) bad.push(line);
  }
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

/** Whether one scenario passes with nothing beside it. Scenarios of extensions have no revision. */
export async function runAlone(args: readonly string[], scenario: string, revision: string | null): Promise<boolean> {
  return (await whyFailedAlone(args, scenario, revision)) === null;
}

/** What the suite said of one scenario that failed with nothing beside it; null if it passed. */
export async function whyFailedAlone(
  args: readonly string[],
  scenario: string,
  revision: string | null,
): Promise<string | null> {
  const all = [...args, '--scenario', scenario, ...(revision === null ? [] : ['--spec-version', revision])];
  const { status, stdout, stderr } = await run(all);
  return status === 0 ? null : `${stdout}${stderr}`;
}

/** The server scenarios of a requirement set, as the suite lists them. Rejects where there are not `count` of them. */
export async function listServerScenarios(revision: string, count: number): Promise<readonly string[]> {
  const { stdout } = await run(['list', '--server', '--requirements', revision]);
  // The list of a requirement set has the client's scenarios too, under a heading of their own.
  const [, section = ''] = /^Server scenarios\b.*:\n((?: {2}.*\n?)*)/m.exec(stdout) ?? [];
  const names = [...section.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name ?? '');
  if (names.length !== count) throw new Error(`The suite lists ${names.length} server scenarios of ${revision}`);
  return names;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly error: Error | null;
}

/** Runs the suite's program. Never rejects. */
function run(args: readonly string[]): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const options = { encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES } as const;
  const child = execFile('conformance', args, options, (error, stdout, stderr) =>
    resolve({ status: child.exitCode, stdout, stderr, error }),
  );
  return promise;
}

/** Both together. */
export function add(one: Score, other: Score): Score {
  return { passed: one.passed + other.passed, failed: one.failed + other.failed };
}
