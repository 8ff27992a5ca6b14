import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createProcessTable } from '../../../src/workers/programs/process-identity.ts';
import { endLeftPrograms, ProgramNotes } from '../../../src/workers/programs/program-notes.ts';
import { eventually } from '../../helpers/eventually.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const table = createProcessTable();
const started: ChildProcess[] = [];

/** Starts a real process that leads its own process group. A `stubborn` process ignores SIGTERM. */
async function startProgram(kind: 'obedient' | 'stubborn' = 'obedient'): Promise<number> {
  const script = `${kind === 'stubborn' ? "trap '' TERM; " : ''}echo up; while :; do sleep 0.05; done`;
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(child);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child.pid ?? 0;
}

const isUp = (pid: number): boolean => table.identify(pid) !== null;

/** Starts and kills a process in place of a host. Returns the pid and the start time of the process. */
async function endedHost(): Promise<{ readonly pid: number; readonly startedAt: string }> {
  const pid = await startProgram();
  const startedAt = table.identify(pid)?.startedAt ?? '';
  process.kill(-pid, 'SIGKILL');
  await eventually('the host is gone', () => !isUp(pid));
  return { pid, startedAt };
}

function identityOf(pid: number): { readonly pid: number; readonly startedAt: string } {
  return { pid, startedAt: table.identify(pid)?.startedAt ?? '' };
}

function leaveNote(stateDir: string, note: object): string {
  mkdirSync(join(stateDir, 'programs'), { recursive: true });
  const path = join(stateDir, 'programs', '1-a.json');
  writeFileSync(path, JSON.stringify({ bootId: table.bootId(), ...note }));
  return path;
}

afterEach(() => {
  for (const { pid } of started.splice(0)) {
    try {
      process.kill(-(pid ?? 0), 'SIGKILL');
    } catch {
      // The process has ended.
    }
  }
});

describe('ProgramNotes', () => {
  it('ProgramNotes records this host and its process groups, and deletes the file when no group is left', async () => {
    using dir = new TempDir();
    const notes = new ProgramNotes(dir.path);
    const pid = await startProgram();
    notes.write([pid]);
    const [name = ''] = readdirSync(join(dir.path, 'programs'));
    const note = JSON.parse(readFileSync(join(dir.path, 'programs', name), 'utf8'));
    expect(note).toEqual({ bootId: table.bootId(), host: identityOf(process.pid), groups: [identityOf(pid)] });
    notes.write([]);
    expect(readdirSync(join(dir.path, 'programs'))).toEqual([]);
  });

  it('ProgramNotes keeps the start time of an ended process while another one still runs', async () => {
    using dir = new TempDir();
    const notes = new ProgramNotes(dir.path);
    const [first, second] = [await startProgram(), await startProgram()];
    const before = identityOf(first);
    notes.write([first, second]);
    process.kill(-first, 'SIGKILL');
    await eventually('it is gone', () => !isUp(first));
    notes.write([first, second]);
    const [name = ''] = readdirSync(join(dir.path, 'programs'));
    expect(JSON.parse(readFileSync(join(dir.path, 'programs', name), 'utf8')).groups).toContainEqual(before);
  });
});

describe('endLeftPrograms', () => {
  it.each([
    ['obeys SIGTERM', 'obedient'],
    ['ignores SIGTERM', 'stubborn'],
  ] as const)('endLeftPrograms() ends a process that %s and whose host was killed', async (_, kind) => {
    using dir = new TempDir();
    const pid = await startProgram(kind);
    const path = leaveNote(dir.path, { host: await endedHost(), groups: [identityOf(pid)] });
    expect(await endLeftPrograms(dir.path, table, 200)).toEqual([pid]);
    await eventually('the program is gone', () => !isUp(pid));
    expect(existsSync(path)).toBe(false);
  });

  it('endLeftPrograms() does not end the processes of a running host', async () => {
    using dir = new TempDir();
    const pid = await startProgram();
    new ProgramNotes(dir.path).write([pid]);
    expect(await endLeftPrograms(dir.path)).toEqual([]);
    expect(isUp(pid)).toBe(true);
    expect(readdirSync(join(dir.path, 'programs'))).toHaveLength(1);
  });

  it('endLeftPrograms() considers a host gone if its pid belongs to another process now', async () => {
    using dir = new TempDir();
    const pid = await startProgram();
    leaveNote(dir.path, { host: { pid: process.pid, startedAt: '1' }, groups: [identityOf(pid)] });
    expect(await endLeftPrograms(dir.path)).toEqual([pid]);
  });

  it.each([
    ['whose pid belongs to another process now', (pid: number) => ({ groups: [{ pid, startedAt: '1' }] })],
    ['from an earlier boot', (pid: number) => ({ bootId: 'earlier', groups: [identityOf(pid)] })],
    ['with a pid that addresses every process', () => ({ groups: [{ pid: 1, startedAt: identityOf(1).startedAt }] })],
    ['with a pid that is not a number', () => ({ groups: [{ pid: '-1', startedAt: '1' }, null, 7] })],
  ])('endLeftPrograms() does not end a process %s', async (_what, noteOf) => {
    using dir = new TempDir();
    const pid = await startProgram();
    const path = leaveNote(dir.path, { host: await endedHost(), ...noteOf(pid) });
    expect(await endLeftPrograms(dir.path)).toEqual([]);
    expect(isUp(pid)).toBe(true);
    expect(existsSync(path)).toBe(false);
  });

  it('endLeftPrograms() does not end a process that leads no process group', async () => {
    using dir = new TempDir();
    const child = spawn('sleep', ['30']);
    leaveNote(dir.path, { host: await endedHost(), groups: [identityOf(child.pid ?? 0)] });
    expect(await endLeftPrograms(dir.path)).toEqual([]);
    expect(child.kill()).toBe(true);
  });

  it('endLeftPrograms() ignores a missing folder and unrelated files', async () => {
    using dir = new TempDir();
    expect(await endLeftPrograms(dir.path)).toEqual([]);
    leaveNote(dir.path, { host: 'nobody' });
    writeFileSync(join(dir.path, 'programs', '7-0a1b.json'), '{"bootId":');
    writeFileSync(join(dir.path, 'programs', 'package.json'), '{}');
    writeFileSync(join(dir.path, 'programs', 'other.txt'), 'not ours');
    expect(await endLeftPrograms(dir.path)).toEqual([]);
    expect(readdirSync(join(dir.path, 'programs'))).toEqual(['other.txt', 'package.json']);
  });
});
