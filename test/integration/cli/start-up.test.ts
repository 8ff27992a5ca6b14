import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { killRunning, runCli, startCli } from '../../helpers/cli.ts';
import { eventually } from '../../helpers/eventually.ts';
import { LocalFile, localServer, startedAfter } from '../../helpers/local-file.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

afterAll(killRunning);

const names = (stdout: string) => JSON.parse(stdout).tools.map(({ name }: { name: string }) => name);

// These tests wait for slow stdio servers. They run concurrently so that they wait at the same time.
describe.concurrent('commands that wait for connectors', () => {
  it('`tools --wait` lists the tools of a server that starts only at its second attempt', async () => {
    using dir = new TempDir();
    const mark = join(dir.path, 'mark');
    const flaky = startedAfter(`[ -e ${mark} ] || { touch ${mark}; echo not yet >&2; exit 3; }`, 'flaky');
    using file = new LocalFile({ flaky, one: localServer(['one']) });
    const ended = await runCli(['tools', '--config', file.path, '--json', '--wait', '40000']);
    expect(ended.code).toBe(0);
    expect(names(ended.stdout)).toEqual(expect.arrayContaining(['flaky.whoami', 'one.whoami']));
  });

  it('`tools` without `--wait` tries each server once, and says which server is not ready and why', async () => {
    using file = new LocalFile({ crash: localServer(['x', 'crash']), one: localServer(['one']) });
    const ended = await runCli(['tools', '--config', file.path, '--json']);
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ok: false,
      tools: [{ name: 'one.die' }, {}, {}],
      notUp: [{ id: 'crash', why: expect.stringContaining('there is no licence key') }],
    });
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^1 of 2 connectors is not up: crash \(\S+: .*there is no licence key/,
    );
  });

  it('`tools --connector` and `call` wait only for the named connector', { timeout: 90_000 }, async () => {
    using file = new LocalFile({ mute: startedAfter('sleep 60', 'mute'), one: localServer(['one']) });
    const listed = await runCli(['tools', '--config', file.path, '--json', '--connector', 'one']);
    expect([listed.code, names(listed.stdout)]).toEqual([0, ['one.die', 'one.slow', 'one.whoami']]);
    expect((await runCli(['call', 'one.whoami', '--config', file.path])).code).toBe(0);
  });

  it('`tools` reports on stderr which server is still starting, with the last stderr line of that server', async () => {
    using file = new LocalFile({ slow: startedAfter('echo fetching packages >&2; sleep 5', 'slow') });
    const ended = await runCli(['tools', '--config', file.path, '--json']);
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/ {2}slow: starting for \d s: fetching/) });
    expect(names(ended.stdout)).toContain('slow.whoami');
  });
});

describe.concurrent('--config given twice', () => {
  it('two `--config` options use the servers of both files, and the later file wins if both have the same id', async () => {
    using first = new LocalFile({ one: localServer(['x', 'crash']), two: localServer(['two']) });
    using second = new LocalFile({ one: localServer(['one']) });
    const ended = await runCli(['tools', '--config', first.path, '--config', second.path, '--json']);
    expect([ended.code, names(ended.stdout)]).toEqual([0, expect.arrayContaining(['one.whoami', 'two.whoami'])]);
  });

  it('`serve` with two `--config` options reloads a file that changes', async () => {
    using first = new LocalFile({ two: localServer(['two']) });
    using second = new LocalFile({ one: localServer(['one']) });
    const { child, seen, ended } = startCli(['serve', '--port', '0', '--config', first.path, '--config', second.path]);
    await eventually('it serves', () => seen.stderr.includes('one: ready') && seen.stderr.includes('two: ready'));
    second.write({ one: localServer(['one']), three: localServer(['three']) });
    await eventually('the new server is up', () => seen.stderr.includes('three: ready'));
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });
});
