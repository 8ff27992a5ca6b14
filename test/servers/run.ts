/**
 * Checks that real servers come up as they do with the plain SDK: `node test/servers/run.ts [--only ID,…] [--trace
 * FOLDER]`. Lists the tools of each server with the official client. Then lists the tools of all servers together with
 * a manager and with the command line, and compares. `--trace` logs every message between each server and the manager.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type RealServer, SERVERS } from './catalog.ts';
import { baselineProblems, outcomeProblems } from './checks.ts';
import type { ManagerOutcome } from './manager-outcome.ts';
import { killMarked, processesLeft } from './marked-processes.ts';
import { type ServerResult, tableOf } from './report.ts';
import { type Ended, runNode } from './run-program.ts';
import { listWithSdk, type SdkListing } from './sdk-listing.ts';
import { entryOf, isInstalled, RUN_VARIABLE, type ServerEntry, versionOf } from './server-command.ts';

/** Time limit until all servers are up. A machine with two cores needs less than half of it. */
const BRING_UP_MS = 100_000;
const COMMAND_MS = 120_000;
/** Time limit from the result, or from the call to close(), until the last process has ended. */
const END_MS = 3_000;

const { values } = parseArgs({ options: { only: { type: 'string' }, trace: { type: 'string' } } });
const ids = values.only?.split(',');
const wantedServers = SERVERS.filter(({ id }) => ids === undefined || ids.includes(id));
const servers = wantedServers.filter(isInstalled);
const folder = mkdtempSync(join(tmpdir(), 'switchyard-servers-'));
const MANAGER_PROCESS = fileURLToPath(new URL('./manager-process.ts', import.meta.url));
const TRACE_PROGRAM = fileURLToPath(new URL('./trace-program.ts', import.meta.url));
const COMMAND_LINE = fileURLToPath(new URL('../../src/main/cli/bin.ts', import.meta.url));
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const verdicts: { readonly what: string; readonly isGood: boolean }[] = [];
function check(what: string, isGood: boolean, detail = ''): void {
  verdicts.push({ what, isGood });
  say(`${isGood ? 'ok' : 'NO'}  ${what}${isGood || detail === '' ? '' : `: ${detail}`}`);
}

/** Returns the entry of a server. With `--trace`, the entry starts the server in a process that logs all messages. */
function traced(server: RealServer, runId: string): ServerEntry {
  const entry = entryOf(server, folder, runId);
  if (values.trace === undefined) return entry;
  mkdirSync(values.trace, { recursive: true });
  const log = join(values.trace, `${server.id}-${runId}.log`);
  return {
    ...entry,
    command: process.execPath,
    args: [TRACE_PROGRAM, log, entry.command, ...entry.args],
  };
}

function writeConfig(runId: string): string {
  const file = join(folder, `${runId}.json`);
  const entries = servers.map((server) => [server.id, traced(server, runId)]);
  writeFileSync(file, JSON.stringify({ mcpServers: Object.fromEntries(entries) }));
  return file;
}

/** Lists the tools of the servers one after the other. */
async function listBaseline(): Promise<Map<string, SdkListing>> {
  const listings = new Map<string, SdkListing>();
  for (const server of servers) {
    const listing = await listWithSdk(entryOf(server, folder, `sdk-${process.pid}`));
    listings.set(server.id, listing);
    const what = listing.tools === null ? listing.error?.split('\n')[0] : `${listing.tools.length} tools`;
    say(`    ${server.id}: ${what}, ${listing.ms.toFixed(0)} ms`);
  }
  return listings;
}

/** Checks that a process that brought servers up exits by itself, and leaves no server process behind. */
async function checkEnd(what: string, runId: string, { code, ms, stderr }: Ended): Promise<void> {
  check(`${what} ends by itself`, code !== null, `it was killed after ${(ms / 1_000).toFixed(0)} s`);
  const left = await processesLeft(runId, END_MS);
  check(`${what} leaves no process behind`, left.length === 0, left.map(({ command }) => command).join('\n    '));
  if (stderr !== '') say(`    stderr: ${stderr.trim().slice(-500)}`);
  killMarked(runId);
}

async function runManager(wanted: readonly string[]): Promise<ManagerOutcome | null> {
  const runId = `manager-${process.pid}`;
  const out = join(folder, 'outcome.json');
  const args = [writeConfig(runId), out, JSON.stringify(wanted), String(BRING_UP_MS)];
  const ended = await runNode([MANAGER_PROCESS, ...args], { [RUN_VARIABLE]: runId }, BRING_UP_MS + 40_000);
  await checkEnd('the manager', runId, ended);
  try {
    return JSON.parse(readFileSync(out, 'utf8')) as ManagerOutcome;
  } catch {
    return null;
  }
}

async function runCommand(toolCount: number): Promise<void> {
  const runId = `cli-${process.pid}`;
  const args = ['tools', '--config', writeConfig(runId), '--json'];
  const ended = await runNode([COMMAND_LINE, ...args], { [RUN_VARIABLE]: runId }, COMMAND_MS);
  let listed = 0;
  try {
    listed = (JSON.parse(ended.stdout) as { tools: unknown[] }).tools.length;
  } catch {
    // No output, or output that is not JSON, counts as 0 tools.
  }
  say(`    ${listed} tools after ${(ended.ms / 1_000).toFixed(1)} s, exit code ${ended.code}`);
  check('the command lists every tool that the SDK lists', listed === toolCount, `${listed} of ${toolCount}`);
  await checkEnd('the command', runId, ended);
}

function cleanUp(): void {
  for (const name of ['sdk', 'manager', 'cli']) killMarked(`${name}-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    cleanUp();
    process.exit(1);
  });
}

try {
  for (const server of wantedServers)
    if (!servers.includes(server)) say(`Left out, not for this machine: ${server.id}`);
  say(`== The plain SDK, ${servers.length} servers one by one`);
  const listings = await listBaseline();
  const listing = (id: string): SdkListing =>
    listings.get(id) ?? { tools: null, ms: 0, protocol: null, error: 'not listed', stderr: '' };
  for (const server of servers) {
    const problems = baselineProblems(server, listing(server.id));
    if (problems.length > 0) check(`the catalog is right about ${server.id}`, false, problems.join('; '));
  }

  say('\n== The manager, all at once');
  const wanted = servers.filter(({ id }) => listing(id).tools !== null);
  const outcome = await runManager(wanted.map(({ id }) => id));
  const results = servers.map((server): ServerResult => {
    const ours = outcome?.servers[server.id] ?? null;
    const problems = outcomeProblems(server, listing(server.id), ours);
    return { server, version: versionOf(server), sdk: listing(server.id), ours, problems };
  });
  say(`${tableOf(results)}\n`);
  for (const { server, problems } of results) {
    const what =
      server.exitsWith === undefined ? 'comes up at the first attempt, all tools equal' : 'says why it exits';
    verdicts.push({ what: `${server.id} ${what}`, isGood: problems.length === 0 });
  }
  const up = results.filter(({ ours }) => ours?.upAtMs != null).length;
  const toolCount = wanted.reduce((sum, { id }) => sum + (listing(id).tools?.length ?? 0), 0);
  const ourCount = results.reduce((sum, { ours }) => sum + (ours?.tools.length ?? 0), 0);
  const after = ((outcome?.settledMs ?? 0) / 1_000).toFixed(1);
  say(`    ${up} of ${wanted.length} servers and ${ourCount} of ${toolCount} tools after ${after} s`);
  const closeMs = outcome?.closeMs ?? Number.POSITIVE_INFINITY;
  check('close() takes no more than 3 s', closeMs <= END_MS, `${closeMs.toFixed(0)} ms`);

  say('\n== The command line, all at once');
  await runCommand(toolCount);
} finally {
  cleanUp();
}

const failed = verdicts.filter(({ isGood }) => !isGood);
if (failed.length > 0) say(`\nNot as wanted:\n${failed.map(({ what }) => `    ${what}`).join('\n')}`);
say(`\n${verdicts.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
