import { afterEach, describe, expect, it } from 'vitest';
import { killRunning } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { CLI_ENV, startCliWorld } from '../../helpers/cli-world.ts';
import { LocalFile, localServer } from '../../helpers/local-file.ts';

afterEach(killRunning);

describe('--config', () => {
  it('commands with `--config` list and call the tools of the servers in the file, without a map or a key', async () => {
    using file = new LocalFile({ one: localServer(['one']) });
    const listed = await runCliHere(['tools', '--config', file.path, '--json']);
    expect(listed).toMatchObject({ code: 0 });
    expect(JSON.parse(listed.stdout)).toMatchObject({
      ok: true,
      tools: [{ name: 'one.die' }, {}, { name: 'one.whoami' }],
    });
    const called = await runCliHere(['call', 'one.whoami', '--config', file.path]);
    expect(called).toMatchObject({ code: 0 });
    expect(JSON.parse(called.stdout)).toMatchObject({ name: 'one' });
  });

  it('a command with `--config` and a map uses the connectors of both', async () => {
    await using world = await startCliWorld();
    using file = new LocalFile({ near: localServer(['near']) });
    const { code, stdout } = await world.on(['sync', '--config', file.path, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, toolCount: 5, config: { serverCount: 1 } });
  });

  it('`status --config` shows where the file has a fault, and the last stderr line of a server that crashed', async () => {
    using file = new LocalFile({ bad: { args: [] }, crash: localServer(['x', 'crash']), one: localServer(['one']) });
    const { code, stdout, stderr } = await runCliHere(['status', '--config', file.path]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${file.path}:1:`);
    expect(stdout).toContain('mcpServers["bad"] needs a command');
    expect(stdout).toContain('stderr of crash\n  there is no licence key\n');
    expect(stdout).toMatch(/one +ready +legacy +stdio +3/);
  });

  it('`doctor --config` checks the file and its servers', async () => {
    using file = new LocalFile({ one: localServer(['one']) });
    const good = await runCliHere(['doctor', '--config', file.path, '--json']);
    const findings = (text: string) => JSON.parse(text).findings as { check: string; outcome: string }[];
    expect(findings(good.stdout)).toContainEqual(expect.objectContaining({ check: 'config', outcome: 'ok' }));
    expect(findings(good.stdout)).toContainEqual(expect.objectContaining({ check: 'connector', outcome: 'ok' }));
    file.writeText('{');
    const bad = await runCliHere(['doctor', '--config', file.path, '--json']);
    expect(findings(bad.stdout)).toContainEqual(expect.objectContaining({ check: 'config', outcome: 'failed' }));
    expect(bad.code).toBe(1);
  });

  it.each([
    ['a missing configuration file', ['tools', '--config', '/no/such/file.json'], 1, 'CONFIG_INVALID'],
    ['a missing source of connectors', ['tools'], 2, '--config FILE'],
  ])('a command fails with the right exit code because of %s', async (_, args, code, text) => {
    const ended = await runCliHere(args, { env: { ...CLI_ENV } });
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(text);
  });
});
