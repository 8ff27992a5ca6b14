import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createProcessTable, identifyByPs } from '../../../src/workers/programs/process-identity.ts';
import { eventually } from '../../helpers/eventually.ts';

describe.runIf(process.platform === 'linux')('process identity', () => {
  const table = createProcessTable();

  it('each process has its own identity, which stays the same while the process runs', async () => {
    const child = spawn('sleep', ['30'], { detached: true });
    const pid = child.pid ?? 0;
    const identity = table.identify(pid);
    expect(identity).toMatchObject({ pid, groupId: pid });
    expect(table.identify(pid)).toEqual(identity);
    expect(identity?.startedAt).not.toBe(table.identify(process.pid)?.startedAt);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually('it is gone', () => table.identify(pid) === null);
  });

  it('the identity of process 1 and the boot id can be read', () => {
    expect(table.identify(1)).toMatchObject({ pid: 1 });
    expect(table.bootId()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('a process identity is unknown on a system that reveals nothing about processes', () => {
    const none = createProcessTable('win32');
    expect(none.bootId()).toBeNull();
    expect(none.identify(process.pid)).toBeNull();
  });
});

it.skipIf(process.platform === 'win32')('a process identity can be read from the output of ps, as on macOS', () => {
  const identity = identifyByPs(process.pid);
  expect(identity).toMatchObject({ pid: process.pid });
  expect(identity?.startedAt).toMatch(/\d{4}$/);
  expect(identifyByPs(2 ** 22 + 1)).toBeNull();
});
