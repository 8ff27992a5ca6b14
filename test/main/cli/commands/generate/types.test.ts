import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCliHere } from '../../../../helpers/cli-in-process.ts';
import { CLI_ENV, type CliWorld, startCliWorld } from '../../../../helpers/cli-world.ts';
import { MapServer } from '../../../../helpers/map-server.ts';
import { mapNow } from '../../../../helpers/map-under-test.ts';
import { entry } from '../../../../helpers/signed-map.ts';
import { TempDir } from '../../../../helpers/temp-dir.ts';

describe('generate types', () => {
  let world: CliWorld;
  const folder = new TempDir();
  const out = join(folder.path, 'tools.ts');

  beforeAll(async () => {
    world = await startCliWorld();
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  it('`generate types` prints the types or writes them to a file, and leaves a file that is up to date untouched', async () => {
    const printed = await world.on(['generate', 'types', '--no-state']);
    expect(printed).toMatchObject({ code: 0 });
    expect(printed.stdout).toContain('text: string;');
    expect(await world.on(['generate', 'types', '--no-state', '--out', out])).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(out, 'utf8')).toBe(printed.stdout);
    const before = statSync(out).ino;
    const again = await world.on(['generate', 'types', '--no-state', '--out', out, '--json']);
    expect(JSON.parse(again.stdout)).toEqual({ ok: true, toolCount: 2, file: out, isChanged: false });
    // A file that is up to date is not written again, because a write would trigger file watchers.
    expect(statSync(out).ino).toBe(before);
  });

  it('`generate types --check` prints how a file differs from the current types, and exits with 1 if it does', async () => {
    await world.on(['generate', 'types', '--no-state', '--out', out]);
    const check = ['generate', 'types', '--no-state', '--check', '--out', out];
    expect(await world.on(check)).toMatchObject({ code: 0, stdout: '' });
    writeFileSync(out, readFileSync(out, 'utf8').replace('text: string;', 'text: number;'));
    const differs = await world.on(check);
    expect(differs.code).toBe(1);
    expect(differs.stdout).toMatch(/^- +text: number;\n\+ +text: string;$/m);
    expect(differs.stderr).toContain('is not current');
    const missing = await world.on([...check.slice(0, -1), join(folder.path, 'none.ts'), '--json']);
    expect(missing.code).toBe(1);
    expect(JSON.parse(missing.stdout)).toMatchObject({ ok: false, differences: ['There is no such file'] });
    expect(await world.on(['generate', 'types', '--check'])).toMatchObject({ code: 2, stdout: '' });
  });

  it('`generate types` fails and writes no file if the tools of a connector are unknown', async () => {
    const endpoint = 'http://127.0.0.1:9/mcp';
    await using map = await MapServer.start(
      mapNow([entry('one', { endpoint: world.mcp.url }), entry('down', { endpoint })]),
    );
    const args = ['generate', 'types', '--no-state', '--out', join(folder.path, 'other.ts'), '--service-map', map.url];
    const ended = await runCliHere([...args, '--json'], { env: CLI_ENV });
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ ok: false, notUp: [{ id: 'down' }] });
    expect(() => statSync(join(folder.path, 'other.ts'))).toThrow('ENOENT');
  });
});
