import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createLeaseOwners } from '../../../src/workers/logins/lease-owner.ts';
import { createProcessTable, type ProcessTable } from '../../../src/workers/programs/process-identity.ts';

const real = createProcessTable();

describe('lease owner', () => {
  it('a lease owner counts as alive while its process runs, and as gone after the process was killed', async () => {
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

  it('a lease owner counts as gone if its pid belongs to another process now', () => {
    const owners = createLeaseOwners();
    const [scope, pid, startedAt] = owners.own().split('\n');
    expect(owners.isGone([scope, pid, startedAt].join('\n'))).toBe(false);
    if (startedAt !== '') expect(owners.isGone([scope, pid, 'another time'].join('\n'))).toBe(true);
  });

  it('a lease owner does not count as gone if its name is malformed or from another machine, container or boot', () => {
    const owners = createLeaseOwners();
    const [, , startedAt] = owners.own().split('\n');
    const nobody = 4_194_300;
    expect(owners.isGone(['another boot', nobody, startedAt].join('\n'))).toBe(false);
    const [scope] = owners.own().split('\n');
    for (const pid of ['', '0', '-1', 'x', '1.5', '1e99'])
      expect(owners.isGone([scope, pid, '1'].join('\n'))).toBe(false);
    expect(owners.isGone('')).toBe(false);
  });

  it('a lease owner is identified by its pid alone if the system reveals nothing about processes', async () => {
    const blind: ProcessTable = { bootId: () => null, identify: () => null };
    const owners = createLeaseOwners(blind);
    const [scope] = owners.own().split('\n');
    expect(owners.isGone(owners.own())).toBe(false);
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    await once(child, 'exit');
    expect(owners.isGone([scope, child.pid, ''].join('\n'))).toBe(true);
  });
});
