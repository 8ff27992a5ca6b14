import { describe, expect, it } from 'vitest';
import { runCli } from '../../helpers/cli.ts';
import { eventually } from '../../helpers/eventually.ts';
import { FLEET_SECRET } from '../../helpers/fleet/fleet-under-test.ts';
import { hasRedis } from '../../helpers/fleet/redis-server.ts';
import { lists, ToolWorld, toolsOf } from '../../helpers/fleet/tool-world.ts';

describe.skipIf(!hasRedis)('`tools diff` and `tools approve` in a fleet', () => {
  it('`tools diff --fleet` shows how a tool changed, and `tools approve --fleet` approves the tool on all hosts', async () => {
    await using world = await ToolWorld.start();
    const run = (...args: readonly string[]) => {
      const fleet = ['--fleet', world.redis.url, '--fleet-id', 'tests', '--fleet-secret-env', 'FLEET_SECRET'];
      return runCli(['tools', ...args, ...fleet], { env: { FLEET_SECRET } });
    };
    const hosts = [await world.up(), await world.up()];
    await world.catalogued();
    const before = await world.redis.do('HGET', world.catalogue, 'mail');
    world.mail.describe('sends a letter');
    for (const host of hosts) await host.sync(true);
    for (const host of hosts) expect(toolsOf(host)).toEqual(['mail.read']);
    await eventually('the catalogue has the change', async () => {
      return (await world.redis.do('HGET', world.catalogue, 'mail')) !== before;
    });

    const diff = await run('diff');
    expect(diff.code).toBe(1);
    expect(diff.stdout).toContain('-  "description": "sends a mail",');
    expect(diff.stdout).toContain('+  "description": "sends a letter",');
    const unknown = await run('approve', 'mail.nothing');
    expect([unknown.code, unknown.stderr]).toEqual([expect.any(Number), expect.stringContaining('TOOL_UNKNOWN')]);

    const approved = await run('approve', 'mail.send');
    expect([approved.code, approved.stdout]).toEqual([0, 'approved mail.send\n']);
    for (const host of hosts) await lists(host, 'mail.read', 'mail.send');
    expect((await run('diff', 'mail.send')).code).toBe(0);
  });
});
