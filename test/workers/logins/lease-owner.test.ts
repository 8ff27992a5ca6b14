import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createLeaseOwners } from '../../../src/workers/logins/lease-owner.ts';
import { createProcessTable, type ProcessTable } from '../../../src/workers/programs/process-identity.ts';

const real = createProcessTable();

describe('the owner of a lease', () => {
  it('is there as long as its process runs, and gone when that was killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const owners = createLeaseOwners();
    const [scope, , ...rest] = owners.own().split('\n');
    expect(rest).toHaveLength(1);
    const name = [scope, child.pid, real.identify(child.pid ?? 0)?.startedAt ?? ''].join('\n');
    expect([owners.isGone(owners.own()), owners.isGone(name)]).toEqual([false, false]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(owners.isGone(name)).toBe(true);
  });

  it('is gone where its pid was given to another process', () => {
    const owners = createLeaseOwners();
    const [scope, pid, startedAt] = owners.own().split('\n');
    expect(owners.isGone([scope, pid, startedAt].join('\n'))).toBe(false);
    if (startedAt !== '') expect(owners.isGone([scope, pid, 'another time'].join('\n'))).toBe(true);
  });

  it('is not known to be gone where it is of another machine, container or boot, or makes no sense', () => {
    const owners = createLeaseOwners();
    const [, , startedAt] = owners.own().split('\n');
    const nobody = 4_194_300;
    expect(owners.isGone(['another boot', nobody, startedAt].join('\n'))).toBe(false);
    const [scope] = owners.own().split('\n');
    for (const pid of ['', '0', '-1', 'x', '1.5', '1e99'])
      expect(owners.isGone([scope, pid, '1'].join('\n'))).toBe(false);
    expect(owners.isGone('')).toBe(false);
  });

  it('is told by its pid alone where the system tells nothing of processes', async () => {
    const blind: ProcessTable = { bootId: () => null, identify: () => null };
    const owners = createLeaseOwners(blind);
    const [scope] = owners.own().split('\n');
    expect(owners.isGone(owners.own())).toBe(false);
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    await once(child, 'exit');
    expect(owners.isGone([scope, child.pid, ''].join('\n'))).toBe(true);
  });
});
