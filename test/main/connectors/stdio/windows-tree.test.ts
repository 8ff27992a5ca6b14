import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../../../helpers/eventually.ts';
import { isAlive } from '../../../helpers/stdio-program.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

const HOST = join(import.meta.dirname, '../../../fixtures/stdio/on-windows.ts');

/** Starts a command with the code for Windows, and returns the started processes and the exit of the command. */
function onWindows(command: string, args: readonly string[], path: string, env: NodeJS.ProcessEnv = {}) {
  const stdout = execFileSync(process.execPath, [HOST, command, ...args], {
    // The code for Windows splits PATH at semicolons, so it finds `path`. This machine splits PATH at colons, so it
    // still finds its own tools.
    env: { ...process.env, PATH: `${path};:${process.env.PATH}`, PATHEXT: '.EXE;.CMD', ...env },
    encoding: 'utf8',
  });
  return JSON.parse(stdout) as {
    pids: number[];
    started: { command: string; args: string[]; verbatim: boolean; detached: boolean }[];
    exit: string[];
  };
}

it('Windows scripts such as npx.cmd are started by cmd.exe with escaped arguments, and ended by taskkill', async () => {
  using folder = new TempDir();
  writeFileSync(join(folder.path, 'npx.CMD'), '');
  chmodSync(join(folder.path, 'npx.CMD'), 0o755);
  const { pids, started, exit } = onWindows('npx', ['-y', 'a server', 'x&calc'], folder.path);
  const program = {
    command: 'cmd.exe',
    args: ['/d', '/s', '/c', '"npx ^"-y^" ^"a^ server^" ^"x^&calc^""'],
    verbatim: true,
    detached: false,
  };
  const taskkill = (pid: number | undefined) => ({
    command: 'taskkill',
    args: ['/PID', String(pid), '/T', '/F'],
    verbatim: false,
    detached: false,
  });
  expect(started).toEqual([program, taskkill(pids[0]), program, taskkill(pids[1])]);
  expect(exit).toEqual(['SIGKILL']);
  await eventually('both programs are gone', () => !pids.some(isAlive));
});

it('an .exe file on Windows is started without a shell', () => {
  using folder = new TempDir();
  writeFileSync(join(folder.path, 'server.EXE'), '');
  const [program] = onWindows('server', ['a b'], folder.path).started;
  expect(program).toMatchObject({ command: 'server', args: ['a b'], verbatim: false });
});

it('if taskkill fails on Windows, the started process itself is ended', async () => {
  using folder = new TempDir();
  writeFileSync(join(folder.path, 'server.EXE'), '');
  const { pids, exit } = onWindows('server', [], folder.path, { TASKKILL: 'fails' });
  expect(exit).toEqual(['SIGKILL']);
  await eventually('both programs are gone', () => !pids.some(isAlive));
});
