import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LocalSource } from '../../../src/main/local-config/local-source.ts';
import { readLocalConfig } from '../../../src/main/local-config/read-local-config.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const dirs: TempDir[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) dir[Symbol.dispose]();
});

/** Creates a source that reads two config files. The second file is TOML. */
function world(first: string, second: string) {
  const dir = new TempDir();
  dirs.push(dir);
  const paths = [join(dir.path, 'first.json'), join(dir.path, 'second.toml')] as const;
  const write = (which: 0 | 1, text: string): void => writeFileSync(paths[which], text);
  write(0, first);
  write(1, second);
  const logger = recordingLogger();
  const handedOut: (readonly string[])[] = [];
  const source: LocalSource = new LocalSource(paths, {
    logger,
    now: () => 5,
    onEntries: () => void handedOut.push(source.entries().map(({ id, endpoint }) => `${id} ${endpoint}`)),
  });
  return { source, paths, write, logger, handedOut };
}

const FIRST =
  '{ "mcpServers": {\n  "a": { "command": "a-of-the-first" },\n  "b": { "url": "https://b.example/first" }\n} }';
const SECOND = '[mcp_servers.b]\nurl = "https://b.example/second"\n\n[mcp_servers.c]\ncommand = "c"\n';

describe('local source with several config files', () => {
  it('if several config files define one server id, the last definition is used, and the status shows its position', async () => {
    const { source, paths } = world(FIRST, SECOND);
    await source.sync(false);
    expect(source.entries().map(({ id, endpoint }) => [id, endpoint])).toEqual([
      ['a', 'stdio:a'],
      ['b', 'https://b.example/second'],
      ['c', 'stdio:c'],
    ]);
    expect(source.status()).toMatchObject({
      path: paths.join(', '),
      files: paths,
      serverCount: 3,
      servers: [
        { id: 'a', source: paths[0], place: 'mcpServers["a"]', line: 2, column: 3 },
        { id: 'b', source: paths[1], place: 'mcp_servers["b"]', line: 1, column: 14 },
        { id: 'c', source: paths[1], place: 'mcp_servers["c"]', line: 4, column: 14 },
      ],
      lastError: null,
      readAt: 5,
    });
  });

  it('an entry that only moved within its config file stays in use, and its new position is reported', async () => {
    const { source, write } = world(FIRST, SECOND);
    await source.sync(false);
    const before = source.entries();
    write(1, `# moved\n\n${SECOND}`);
    await source.sync(true);
    expect(source.entries().map((entry, at) => entry === before[at])).toEqual([true, true, true]);
    expect(source.status().servers.map(({ line }) => line)).toEqual([2, 3, 6]);
  });

  it('the entry of an earlier config file is used again when the later file no longer has the id', async () => {
    const { source, write } = world(FIRST, SECOND);
    await source.sync(false);
    write(1, '[mcp_servers]\n');
    await source.sync(true);
    expect(source.entries().map(({ endpoint }) => endpoint)).toEqual(['stdio:a', 'https://b.example/first']);
  });

  it('a config file that cannot be read does not affect the servers of other files, and is reported until it is read', async () => {
    const { source, write, handedOut } = world(FIRST, 'no TOML');
    await expect(source.sync(false)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(handedOut).toEqual([['a stdio:a', 'b https://b.example/first']]);
    expect(source.status()).toMatchObject({ readAt: null, lastError: { code: 'CONFIG_INVALID' } });
    write(1, SECOND);
    await source.sync(false);
    expect(source.status()).toMatchObject({ serverCount: 3, lastError: null, readAt: 5 });
  });

  it('if a config file becomes unreadable, its last content stays in use, and the failure is logged once', async () => {
    const { source, write, logger } = world(FIRST, SECOND);
    await source.sync(false);
    write(0, '{');
    await source.sync(true);
    await source.sync(true);
    expect(source.status()).toMatchObject({ serverCount: 3, lastError: { code: 'CONFIG_INVALID' } });
    expect(logger.lines.filter(({ fields }) => fields.event === 'config-invalid')).toHaveLength(1);
  });

  it('the status names the config file of each problem', async () => {
    const { source, paths } = world('{ "mcpServers": { "x": {} } }', '[mcp_servers.y]\nargs = []\n');
    await source.sync(false);
    expect(source.status().problems.map(({ source: file, line }) => [file, line])).toEqual([
      [paths[0], 1],
      [paths[1], 1],
    ]);
  });
});

describe('local source with a trusted file', () => {
  /** Creates a file with an `envFile`, and a source that trusts the current content of both files. */
  async function trusted() {
    const dir = new TempDir();
    dirs.push(dir);
    const [path, envFile] = [join(dir.path, 'mcp.json'), join(dir.path, '.env')];
    writeFileSync(path, '{ "mcpServers": { "a": { "command": "a", "envFile": ".env" } } }');
    writeFileSync(envFile, 'NAME=one');
    const { digest } = await readLocalConfig(path, process.env);
    const deps = { logger: recordingLogger(), now: () => 5, onEntries: () => {} };
    const source = new LocalSource([path], { ...deps, trustedDigests: new Map([[path, digest]]) });
    return { source, path, envFile };
  }

  it('a trusted config file is used while it matches the trusted content', async () => {
    const { source } = await trusted();
    await source.sync(false);
    expect(source.entries()).toMatchObject([{ id: 'a' }]);
  });

  it.each(['path', 'envFile'] as const)(
    'a trusted config file is rejected if it or its env file was changed before the first read: %s',
    async (which) => {
      const world = await trusted();
      writeFileSync(world[which], which === 'path' ? '{ "mcpServers": { "a": { "command": "b" } } }' : 'NAME=two');
      await expect(world.source.sync(false)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('has changed since you trusted it'),
      });
      expect(world.source.entries()).toEqual([]);
    },
  );

  it('the content of a trusted config file stays in use if the file changes later', async () => {
    const { source, path } = await trusted();
    await source.sync(false);
    writeFileSync(path, '{ "mcpServers": { "evil": { "command": "b" } } }');
    await source.sync(true);
    expect(source.entries()).toMatchObject([{ id: 'a' }]);
    expect(source.status().lastError).toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
