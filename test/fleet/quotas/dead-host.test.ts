import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { QuotaWorld } from '../../helpers/fleet/quota-world.ts';
import { hasRedis } from '../../helpers/fleet/redis-server.ts';

const program = fileURLToPath(new URL('../../fixtures/programs/quota-host.ts', import.meta.url));

describe.skipIf(!hasRedis)('quotas of a host that is killed', () => {
  it('the running calls of a killed host stop counting against a shared quota about 10 s later, not before', async () => {
    await using world = await QuotaWorld.start({ concurrent: 2 });
    world.workMs = 120_000;
    const child = fork(program, [JSON.stringify({ options: world.options(), calls: 2 })]);
    try {
      await eventually('the other process has both places', () => world.callsAtMs.length === 2, 60_000);
      await world.join(1);
      world.workMs = 0;
      expect(await world.call(0, 3_000)).toBe('QUOTA_EXCEEDED');
      child.kill('SIGKILL');
      await once(child, 'exit');
      const killedMs = performance.now();
      expect(await world.call(0, 20_000)).toBe('done');
      expect(performance.now() - killedMs).toBeGreaterThan(5_000);
      expect(performance.now() - killedMs).toBeLessThan(13_000);
    } finally {
      child.kill('SIGKILL');
    }
  }, 150_000);
});
