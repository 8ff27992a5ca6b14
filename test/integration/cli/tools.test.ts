import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killRunning, runCli } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { CLI_ENV, type CliWorld, startCliWorld } from '../../helpers/cli-world.ts';
import { secret } from '../../helpers/evidence.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { mapNow } from '../../helpers/map-under-test.ts';
import { entry, mapOf } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

let world: CliWorld;
beforeAll(async () => {
  world = await startCliWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(killRunning);

const env = CLI_ENV;

describe('mcp-switchyard sign and verify', () => {
  it('`verify` accepts a map that `sign` has produced, both from a file and from a URL', async () => {
    using dir = new TempDir();
    const [source, target] = [join(dir.path, 'map.json'), join(dir.path, 'signed.json')];
    writeFileSync(source, JSON.stringify(mapOf([entry('a')], { generatedAt: '2020-01-01T00:00:00Z' })));
    const made = await runCliHere(['sign', source, '--stamp', '--out', target], { env });
    expect([made.code, made.stdout]).toEqual([0, '']);
    const verified = await runCliHere(['verify', target], { env });
    expect([verified.code, verified.stdout]).toEqual([
      0,
      expect.stringMatching(/✔ syntax[\s\S]*✔ signature[\s\S]*✔ shape[\s\S]*✔ time/),
    ]);
    await using server = await MapServer.start(new Uint8Array(readFileSync(target)));
    expect((await runCliHere(['verify', server.url, '--json'], { env })).stdout).toContain('"ok": true');
  });

  it('`sign` waits for a slow stdin', async () => {
    const run = await runCli(['sign', '-', '--stamp'], { env, stdin: JSON.stringify(mapOf([])), stdinDelayMs: 1_500 });
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('"signature"') });
  });

  it('`sign` reads stdin, and warns about an expired map', async () => {
    const { code, stdout, stderr } = await runCliHere(['sign', '-'], {
      env,
      stdin: JSON.stringify(mapOf([], { generatedAt: '2020-01-01T00:00:00Z' })),
    });
    expect([code, JSON.parse(stdout).signature]).toEqual([0, expect.stringMatching(/^[\w-]{43}$/)]);
    expect(stderr).toContain('--stamp');
  });

  it.each([
    ['{"a":1', 1, 'MAP_SYNTAX'],
    [JSON.stringify(mapOf([entry('../x')])), 1, 'MAP_ID_INVALID'],
  ])('`sign` rejects %s', async (stdin, expected, code) => {
    const run = await runCliHere(['sign', '-'], { env, stdin });
    expect([run.code, run.stdout, run.stderr]).toEqual([expected, '', expect.stringContaining(code)]);
  });

  it('`verify` reports a wrong signature and a schema error of a map in the same run', async () => {
    const body = new TextDecoder()
      .decode(mapNow([entry('a', { scopes: [] })]))
      .replace('"Connector a"', '"Somebody else"');
    const run = await runCliHere(['verify', '-'], { env, stdin: body });
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(
      /✖ signature MAP_SIGNATURE_MISMATCH: [\s\S]*No known form[\s\S]*✖ shape\s+MAP_SCHEMA: .*connectors\[0\]\.scopes/,
    );
  });
});

describe('mcp-switchyard doctor', () => {
  it('`doctor` checks only the machine when no map is named', async () => {
    const { code, stdout } = await runCliHere(['doctor'], { env: {} });
    expect(code).toBe(0);
    expect(stdout).toMatch(/✔ node[\s\S]*✔ proxy[\s\S]*✔ threads\s+a worker thread booted[\s\S]*✔ disk[\s\S]*• map/);
  });

  it('`doctor` also checks the map and the connectors if a map is named, and exits with 1 if a check fails', async () => {
    using dir = new TempDir();
    const good = await world.on(['doctor', '--state-dir', dir.path]);
    expect([good.code, good.stdout]).toEqual([
      0,
      expect.stringMatching(/✔ disk[\s\S]*✔ clock[\s\S]*✔ map[\s\S]*✔ connector one: 2 tools/),
    ]);
    const bad = await world.on(['doctor', '--json', '--state-dir', '/proc/self/none'], {
      CONNECTORS_SIGNATURE_KEY: secret('wrong'),
    });
    const { ok, findings } = JSON.parse(bad.stdout);
    const failed = findings.filter(({ outcome }: { outcome: string }) => outcome === 'failed');
    expect([bad.code, ok, failed.map(({ check }: { check: string }) => check)]).toEqual([1, false, ['disk', 'map']]);
  });
});

describe('mcp-switchyard completion', () => {
  it.each(['bash', 'zsh', 'fish'])('`completion` prints a completion script for %s', async (shell) => {
    const { code, stdout } = await runCli(['completion', shell]);
    expect(code).toBe(0);
    for (const name of ['mcp-switchyard', 'switchyard']) expect(stdout).toMatch(new RegExp(`(?<![-\\w])${name}\\b`));
  });

  it('the bash completion script works for both program names, and prints nothing when it is loaded', async () => {
    const { stdout } = await runCli(['completion', 'bash']);
    const bash = spawnSync('bash', ['-c', `${stdout}\ncomplete -p mcp-switchyard switchyard`], { encoding: 'utf8' });
    const names = bash.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').at(-1));
    expect([bash.status, bash.stderr, names]).toEqual([0, '', ['mcp-switchyard', 'switchyard']]);
  });

  it('`complete` suggests commands and options that begin with the typed text', async () => {
    const commands = await runCli(['complete', '--', 's']);
    for (const name of ['sync', 'status', 'sign']) expect(commands.stdout).toContain(name);
    expect((await runCli(['complete', '--', 'sync', '--service'])).stdout).toContain('--service-map');
  });
});

describe('mcp-switchyard command lines with mistakes', () => {
  it('a command with --json reports an unknown option as a JSON document', async () => {
    const { code, stdout } = await runCliHere(['sync', '--json', '--bogus'], { env });
    expect([code, JSON.parse(stdout)]).toMatchObject([2, { ok: false, error: { code: 'OPTIONS_INVALID' } }]);
  });

  it('`sign` leaves no file behind if it cannot write its output', async () => {
    using dir = new TempDir();
    const args = ['sign', '-', '--stamp', '--out', dir.path];
    const { code } = await runCliHere(args, {
      env,
      stdin: JSON.stringify(mapOf([], { generatedAt: '2020-01-01T00:00:00Z' })),
    });
    expect([code, readdirSync(dirname(dir.path)).filter((name) => name.startsWith(`${basename(dir.path)}.`))]).toEqual([
      2,
      [],
    ]);
  });
});
