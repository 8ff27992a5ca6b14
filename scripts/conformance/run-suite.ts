import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The number of passed and failed scenarios. */
export interface Score {
  readonly passed: number;
  readonly failed: number;
}

/** The requirement sets of the suite, each with its number of server scenarios. */
export const REQUIREMENTS = [
  { revision: '2025-11-25', serverScenarios: 30 },
  { revision: '2026-07-28', serverScenarios: 37 },
] as const;

const TIMEOUT_MS = 240_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface SuiteOptions {
  /** Minimum number of scored scenarios. With fewer, the run fails. Defaults to 1. */
  readonly least?: number;
  /** Whether to ignore the result of a scenario. By default, none is ignored. */
  readonly isLeftOut?: (scenario: string) => boolean;
  /**
   * Whether a failed scenario runs once more, alone. The suite runs all client scenarios at the same time, so some may
   * fail for lack of time. Defaults to false.
   */
  readonly retriesAlone?: boolean;
}

/**
 * Runs one requirement set of the official conformance suite. Prints how many scenarios passed, and the output for each
 * failed scenario. If the suite fails without naming a scenario, that counts as a failure too.
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
      process.stdout.write(`  ${nameOf(line)} failed with the others, and ${passed ? 'passed' : 'failed'} alone\n`);
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

/** Runs one scenario alone. Resolves with true if it passed. `revision` is null for scenarios of extensions. */
export async function runAlone(args: readonly string[], scenario: string, revision: string | null): Promise<boolean> {
  return (await whyFailedAlone(args, scenario, revision)) === null;
}

/** Runs one scenario alone. Resolves with the output of the suite if it failed; null if it passed. */
export async function whyFailedAlone(
  args: readonly string[],
  scenario: string,
  revision: string | null,
): Promise<string | null> {
  const all = [...args, '--scenario', scenario, ...(revision === null ? [] : ['--spec-version', revision])];
  const { status, stdout, stderr } = await run(all);
  return status === 0 ? null : `${stdout}${stderr}`;
}

/** Returns the names of the server scenarios in a requirement set. Rejects if their number is not `count`. */
export async function listServerScenarios(revision: string, count: number): Promise<readonly string[]> {
  const { stdout } = await run(['list', '--server', '--requirements', revision]);
  // The output of the suite also contains the client scenarios, under another heading.
  const [, section = ''] = /^Server scenarios\b.*:\n((?: {2}.*\n?)*)/m.exec(stdout) ?? [];
  const names = [...section.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name ?? '');
  if (names.length !== count)
    throw new Error(`The suite lists ${names.length} server scenarios of ${revision} instead of ${count}`);
  return names;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly error: Error | null;
}

/** Runs the suite. Does not reject if the suite fails. */
function run(args: readonly string[]): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const options = { encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES } as const;
  const child = execFile('conformance', args, options, (error, stdout, stderr) =>
    resolve({ status: child.exitCode, stdout, stderr, error }),
  );
  return promise;
}

/** Adds two scores. */
export function add(one: Score, other: Score): Score {
  return { passed: one.passed + other.passed, failed: one.failed + other.failed };
}
