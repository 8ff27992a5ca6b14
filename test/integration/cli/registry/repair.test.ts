import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCliHere } from '../../../helpers/cli-in-process.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { RegistryWorld, registeredProgram } from '../../../helpers/registry-world.ts';

const on = (world: RegistryWorld, ...args: string[]) =>
  runCliHere(['registry', ...args], { env: { CORTEX_HOME: world.home } });

function damage(world: RegistryWorld, from: string, to: string): void {
  const bytes = readFileSync(world.store).toString('latin1');
  expect(bytes).toContain(from);
  writeFileSync(world.store, Buffer.from(bytes.replaceAll(from, to), 'latin1'));
}

describe('mcp-switchyard registry verify and repair', () => {
  it('`registry verify` and `registry repair` report that there is no registry, and create none', async () => {
    using world = new RegistryWorld();
    for (const command of ['verify', 'repair']) {
      const { code, stdout } = await on(world, command);
      expect([code, stdout]).toEqual([0, expect.stringContaining('there is no registry')]);
    }
  });

  it('`registry verify` names a damaged record, and finds no more damage after `registry repair`', async () => {
    using world = new RegistryWorld();
    await world.fill(registeredProgram('one'), registeredProgram('two', { env: { KEY: 'hunter-of-env' } }));
    expect(await on(world, 'verify')).toMatchObject({ code: 0, stderr: '' });
    damage(world, 'hunter-of-env', 'HUNTER-of-env');
    const verified = await on(world, 'verify', '--json');
    expect([verified.code, JSON.parse(verified.stdout)]).toMatchObject([
      1,
      { ok: false, path: world.path, store: world.store },
    ]);
    expect(JSON.parse(verified.stdout).findings).toContainEqual(
      expect.objectContaining({ check: 'records', outcome: 'failed', subject: 'two' }),
    );
    const repaired = await on(world, 'repair');
    expect(repaired.code).toBe(0);
    expect(repaired.stdout).toContain('mended  records');
    expect(repaired.stdout).toContain(`kept as ${world.store}.corrupt`);
    expect(await on(world, 'verify')).toMatchObject({ code: 0 });
    const again = await on(world, 'repair', '--json');
    expect(JSON.parse(again.stdout)).toEqual({
      ok: true,
      path: world.path,
      mended: [],
      lost: [],
      left: [],
      backups: [],
    });
    expect(JSON.stringify(world.said())).toContain('hunter-of-env');
    expect(verified.stdout + repaired.stdout).not.toMatch(/hunter/i);
  });

  it('`registry verify` and `registry repair` leave a registry that a host has open intact and usable', async () => {
    using world = new RegistryWorld();
    await world.fill(registeredProgram('one'));
    await using host = await world.open({ flushIntervalMs: 50 });
    await host.upsert(registeredProgram('of-the-host'));
    await host.flush();
    expect((await on(world, 'verify')).code).toBe(0);
    expect((await on(world, 'repair')).code).toBe(0);
    await host.upsert(registeredProgram('later'));
    await eventually('it is in the file', () => world.said().length === 3);
    expect((await on(world, 'verify')).code).toBe(0);
  });
});
