import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { killRunning, runCli, startCli } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { LocalFile, localServer } from '../helpers/local-file.ts';
import { TempDir } from '../helpers/temp-dir.ts';

afterEach(killRunning);

describe('the state folder of the command line', () => {
  it('the command line creates its state folder in `XDG_STATE_HOME`, accessible only to the user', async () => {
    using dir = new TempDir();
    using file = new LocalFile({ one: localServer(['one']) });
    const env = { XDG_STATE_HOME: join(dir.path, 'state') };
    expect((await runCli(['tools', '--config', file.path], { env })).code).toBe(0);
    const folder = join(env.XDG_STATE_HOME, 'mcp-switchyard');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(await runCli(['tools', 'diff'], { env })).toMatchObject({ code: 0, stdout: expect.stringContaining('All') });
  });

  it('commands with --no-state create no state folder, and `tools diff` rejects --no-state', async () => {
    using dir = new TempDir();
    using file = new LocalFile({ one: localServer(['one']) });
    const env = { XDG_STATE_HOME: dir.path };
    expect((await runCli(['tools', '--no-state', '--config', file.path], { env })).code).toBe(0);
    expect(existsSync(join(dir.path, 'mcp-switchyard'))).toBe(false);
    const diff = await runCli(['tools', 'diff', '--no-state'], { env });
    expect(diff).toMatchObject({ code: 2, stderr: expect.stringContaining('--no-state') });
  });

  it('a command prints one warning if it cannot create its state folder, and works without it', async () => {
    using dir = new TempDir();
    using file = new LocalFile({ one: localServer(['one']) });
    const XDG_STATE_HOME = join(dir.path, 'file');
    writeFileSync(XDG_STATE_HOME, '');
    const { code, stderr } = await runCli(['tools', '--config', file.path], { env: { XDG_STATE_HOME } });
    expect([code, stderr.match(/state folder/g)]).toEqual([0, ['state folder']]);
  });

  it('two gateways and ten `call` commands can share a state folder at the same time', {
    timeout: 90_000,
  }, async () => {
    using dir = new TempDir();
    using file = new LocalFile({ one: localServer(['one']) });
    const env = { XDG_STATE_HOME: dir.path };
    const gateways = [1, 2].map(() => startCli(['serve', '--port', '0', '--config', file.path], { env }));
    const calls = Array.from({ length: 10 }, () => runCli(['call', 'one.whoami', '--config', file.path], { env }));
    for (const { code, stderr } of await Promise.all(calls)) expect([code, stderr]).toEqual([0, expect.any(String)]);
    for (const { child, seen, ended } of gateways) {
      await eventually('the gateway serves', () => seen.stderr.includes('one: ready'));
      child.kill('SIGTERM');
      expect(await ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('STORE') });
    }
  });
});
