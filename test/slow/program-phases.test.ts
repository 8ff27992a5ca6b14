import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { killRunning, runCli, startCli } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { LocalFile, manageFile } from '../helpers/local-file.ts';
import { MANNERS, STOPS, StoppingPrograms } from '../helpers/stopping-programs.ts';
import { TempDir } from '../helpers/temp-dir.ts';

/** The limit of 3 s, with a margin for a machine that runs other tests in parallel. */
const END_MS = 8_000;

const COUNT = STOPS.length * MANNERS.length;

/** Resolves with the duration of `work`, in milliseconds. */
async function timed(work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work;
  return performance.now() - startedMs;
}

/** Returns the number of pipes and processes that keep this thread alive. */
function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(?:Process|Pipe)Wrap$/.test(name)).length;
}

/** Starts a manager with a stdio server for each combination of STOPS and MANNERS. Waits until all have started. */
async function startAll(programs: StoppingPrograms) {
  // All servers may start at the same time. Otherwise servers that exit would be retried before the last server starts.
  const local = manageFile(programs.all(), { programStarts: COUNT, startTimeoutMs: 60_000 });
  void local.manager.sync().catch(() => {});
  await eventually('every program was started', () => programs.pids().length >= COUNT, 60_000);
  const up = (): number => local.manager.countByState().get('ready') ?? 0;
  await eventually('those that answer are up', () => up() === 2 * MANNERS.length, 60_000);
  return local;
}

describe('stdio servers that stop responding in any phase', () => {
  it('stdio servers that stop responding, and their child processes, are ended when the manager closes', async () => {
    using programs = new StoppingPrograms();
    const before = handles();
    const local = await startAll(programs);
    const calls = MANNERS.map((manner) => local.manager.callTool(`call-${manner.replace(' ', '-')}.echo`));
    const outcomes = Promise.allSettled(calls);
    expect(await timed(local.manager.close())).toBeLessThan(END_MS);
    // A child whose parent has ended stays a zombie until init has reaped it.
    await eventually('all are gone', () => programs.alive().length === 0, 2_000);
    expect((await outcomes).map(({ status }) => status)).toEqual(calls.map(() => 'rejected'));
    await eventually('no handle is left', () => handles() <= before);
    await local[Symbol.asyncDispose]();
  }, 120_000);

  it('stdio servers that stop responding are ended when their entries are removed', async () => {
    using programs = new StoppingPrograms();
    await using local = await startAll(programs);
    local.file.write({});
    await local.manager.reload();
    await eventually('all are gone', () => programs.alive().length === 0, END_MS);
    expect(local.manager.status().connectors).toEqual([]);
  }, 120_000);

  it('stdio servers that stop responding are ended and replaced when their entries change', async () => {
    using programs = new StoppingPrograms();
    await using local = await startAll(programs);
    const before = programs.pids();
    using others = new StoppingPrograms();
    local.file.write({ ...others.all(), 'exits-obedient': { ...others.entry('exits'), disabled: true } });
    await local.manager.reload();
    await eventually('the successors were started', () => others.pids().length >= COUNT - 1, 60_000);
    await eventually('the ones before are gone', () => programs.alive().length === 0, END_MS);
    expect(before.length).toBeGreaterThanOrEqual(COUNT);
    await local.manager.close();
    await eventually('the successors are gone', () => others.alive().length === 0, 2_000);
  }, 120_000);
});

describe('a stdio server that never responds', () => {
  afterEach(killRunning);

  it('a stdio server that never responds is ended, with its child process, when its entry is removed', async () => {
    using programs = new StoppingPrograms();
    await using local = manageFile({ silent: programs.entry('probed', 'stubborn forks') });
    void local.manager.sync().catch(() => {});
    await eventually('it was started with its child', () => programs.pids().length === 2);
    local.file.write({});
    await local.manager.reload();
    await eventually('both are gone', () => programs.alive().length === 0, END_MS);
  });

  it.each([
    ['tools', ['tools', '--wait', '1000']],
    ['status', ['status', '--wait', '1000']],
    ['call to another connector', ['call', 'good.echo']],
  ])(
    'a stdio server that never responds is ended when the command ends: %s',
    async (_what, args) => {
      using programs = new StoppingPrograms();
      using file = new LocalFile({ silent: programs.entry('probed', 'stubborn'), good: programs.entry('never') });
      const run = runCli([...args, '--config', file.path, '--json']);
      const { stdout } = await run;
      expect(JSON.parse(stdout)).toBeTypeOf('object');
      await eventually('both are gone', () => programs.alive().length === 0, END_MS);
    },
    60_000,
  );

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'a stdio server that never responds is ended, with its child process, when `serve` gets %s',
    async (signal) => {
      using programs = new StoppingPrograms();
      using file = new LocalFile({ silent: programs.entry('probed', 'stubborn forks') });
      const run = startCli(['serve', '--config', file.path, '--port', '0']);
      await eventually('it was started with its child', () => programs.pids().length === 2, 30_000);
      run.child.kill(signal);
      expect(await timed(run.ended)).toBeLessThan(END_MS);
      await eventually('both are gone', () => programs.alive().length === 0, 2_000);
    },
    60_000,
  );
});

describe('a host that is killed with SIGKILL', () => {
  const host = fileURLToPath(new URL('../fixtures/programs/program-host.ts', import.meta.url));

  /** Starts a host in its own process. Resolves when the host has started a stdio server. */
  async function startHost(stateDir: string, file: LocalFile, programs: StoppingPrograms) {
    const child = spawn(process.execPath, [host, stateDir, file.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    expect(programs.alive().length).toBeGreaterThan(0);
    return child;
  }

  it('a stdio server ends when its host is killed with SIGKILL, because its input closes', async () => {
    using programs = new StoppingPrograms();
    using dir = new TempDir();
    using file = new LocalFile({ one: programs.entry('never') });
    const child = await startHost(dir.path, file, programs);
    child.kill('SIGKILL');
    await eventually('the program is gone', () => programs.alive().length === 0);
  }, 60_000);

  it('a host ends the stdio servers that an earlier host, killed with SIGKILL, left running in its state folder', async () => {
    using programs = new StoppingPrograms();
    using dir = new TempDir();
    using file = new LocalFile({ one: programs.entry('never', 'stubborn forks') });
    const child = await startHost(dir.path, file, programs);
    await eventually('it has started its child', () => programs.alive().length === 2);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const left = programs.alive();
    expect(left.length).toBe(2);
    await using next = manageFile({}, { stateDir: dir.path });
    await next.manager.sync();
    await eventually('they are gone', () => left.every((pid) => !programs.alive().includes(pid)));
    await eventually('it was logged', () =>
      next.lines.some(({ fields }) => 'event' in fields && fields.event === 'store-programs-ended'),
    );
  }, 60_000);

  it('a host does not end the stdio servers of another host that runs with the same state folder', async () => {
    using programs = new StoppingPrograms();
    using dir = new TempDir();
    using file = new LocalFile({ one: programs.entry('never', 'stubborn') });
    const child = await startHost(dir.path, file, programs);
    const [pid] = programs.alive();
    await using next = manageFile({ two: programs.entry('never') }, { stateDir: dir.path });
    await next.manager.sync();
    await next.manager.callTool('two.echo');
    expect(programs.alive()).toContain(pid);
    child.kill('SIGKILL');
  }, 60_000);
});
