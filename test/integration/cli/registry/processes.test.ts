import { afterEach, describe, expect, it } from 'vitest';
import { type Ended, killRunning, runCli } from '../../../helpers/cli.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { documentOf, registryCli } from '../../../helpers/registry-cli.ts';
import { registeredProgram } from '../../../helpers/registry-world.ts';

afterEach(killRunning);

describe('several processes that change one registry', () => {
  it('`registry add` overwrites a server only with `--replace` or `--force`, even if two processes add it together', async () => {
    using it = registryCli(runCli);
    const add = (command: string, ...more: string[]): Promise<Ended> =>
      it.registry(['add', 'x', ...more, '--', command]);
    const both = await Promise.all([add('a'), add('b')]);
    expect(both.map(({ code }) => code).toSorted()).toEqual([0, 1]);
    const [winner, other] = both[0]?.code === 0 ? ['a', 'b'] : ['b', 'a'];
    expect(it.said()).toEqual([{ name: 'x', transport: 'stdio', command: winner }]);
    expect((await add(winner)).stdout).toContain('unchanged');
    const refused = await it.registry(['add', 'x', '--json', '--', other]);
    expect([refused.code, documentOf(refused)]).toMatchObject([1, { ok: false, error: { code: 'SERVER_EXISTS' } }]);
    expect((await add(other, '--replace')).stdout).toContain('replaced');
    expect((await add('third', '--force')).code).toBe(0);
    expect(it.said()).toEqual([{ name: 'x', transport: 'stdio', command: 'third' }]);
  });

  it('eight processes can add servers to one registry at the same time, and all servers are registered', async () => {
    using it = registryCli(runCli);
    const names = Array.from({ length: 8 }, (_, index) => `s${index}`);
    const ended = await Promise.all(names.map((name) => it.registry(['add', name, '--', name])));
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(
      names.map(() => [0, expect.stringMatching(/^To use it: .*\n$/)]),
    );
    expect(
      it
        .said()
        .map((server) => (server as { name: string }).name)
        .toSorted(),
    ).toEqual(names);
  });

  it('a host that has the registry open sees servers that a command adds or removes', async () => {
    using it = registryCli(runCli);
    await using host = await it.open();
    await host.upsert(registeredProgram('of-the-host'));
    await it.registry(['add', 'of-the-cli', '--', 'cmd']);
    const names = (): string =>
      host
        .getAll()
        .map(({ name }) => name)
        .join();
    await eventually('the host has what was added', () => names() === 'of-the-host,of-the-cli');
    await it.registry(['remove', 'of-the-host']);
    await eventually('the host has not what was removed', () => names() === 'of-the-cli');
  });
});
