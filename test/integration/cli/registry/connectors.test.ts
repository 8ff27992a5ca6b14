import { describe, expect, it } from 'vitest';
import { runCliHere } from '../../../helpers/cli-in-process.ts';
import { startCliWorld } from '../../../helpers/cli-world.ts';
import { RegistryWorld, registeredProgram } from '../../../helpers/registry-world.ts';

const socket = { name: 'socket', transport: 'ws', endpoint: 'ws://localhost:1/' } as const;

describe('--registry', () => {
  it('commands with `--registry` list and call the tools of registered servers, without a map or a key', async () => {
    using world = new RegistryWorld();
    await world.fill(registeredProgram('one'));
    const env = { CORTEX_HOME: world.home };
    const called = await runCliHere(['call', '--registry', 'one.whoami'], { env });
    expect(called).toMatchObject({ code: 0 });
    expect(JSON.parse(called.stdout)).toMatchObject({ name: 'one' });
    const listed = await runCliHere(['tools', '--registry-path', world.path, '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject({ ok: true, tools: [{ name: 'one.die' }, {}, {}] });
    expect(listed.stderr).toContain('one: ready');
  });

  it('`status` with a map and a registry shows the servers of both, and names registered servers that it cannot use', async () => {
    await using map = await startCliWorld();
    using world = new RegistryWorld();
    await world.fill(registeredProgram('near'), socket);
    world.edit([registeredProgram('near'), socket, { name: 'bad' }]);
    const { code, stdout, stderr } = await map.on(['status', '--registry-path', world.path]);
    expect(code).toBe(1);
    expect(stdout).toContain(`registry   ${world.path}, 1 server`);
    expect(stdout).toContain('SERVER_TRANSPORT_UNSUPPORTED: servers["socket"]');
    expect(stdout).toContain('SERVER_INVALID: servers[2]');
    expect(stdout).toMatch(/near +ready/);
    expect(stdout).toMatch(/one +ready/);
    expect(stderr).toContain('servers["socket"]');
    const synced = await map.on(['sync', '--registry-path', world.path, '--json']);
    expect([synced.code, JSON.parse(synced.stdout)]).toMatchObject([1, { ok: false, registry: { serverCount: 1 } }]);
  });

  it('`doctor --registry-path` checks the registry and its servers', async () => {
    using world = new RegistryWorld();
    await world.fill(registeredProgram('one'));
    const doctor = async (path: string): Promise<unknown[]> =>
      JSON.parse((await runCliHere(['doctor', '--registry-path', path, '--json'])).stdout).findings;
    expect(await doctor(world.path)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ check: 'registry', outcome: 'ok' }),
        expect.objectContaining({ check: 'connector', outcome: 'ok' }),
      ]),
    );
    expect(await doctor('/dev/null/servers.json')).toContainEqual(
      expect.objectContaining({ check: 'registry', outcome: 'failed' }),
    );
  });
});
