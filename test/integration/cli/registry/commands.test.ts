import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCliHere } from '../../../helpers/cli-in-process.ts';
import { documentOf, registryCli } from '../../../helpers/registry-cli.ts';

describe('mcp-switchyard registry', () => {
  it('servers from `registry add` can be listed, shown and removed with `registry list`, `show` and `remove`', async () => {
    using it = registryCli();
    expect(await it.registry(['path'])).toMatchObject({ code: 0, stdout: `${it.path}\n` });
    expect(await it.registry(['list'])).toMatchObject({ code: 0, stdout: `There are no servers in ${it.path}\n` });
    expect([existsSync(it.path), existsSync(it.store)]).toEqual([false, false]);
    const added = await it.registry([
      'add',
      'files',
      '--env',
      'LEVEL=a=b',
      '--cwd',
      '/',
      '--',
      'npx',
      '-y',
      'a server',
    ]);
    expect(added).toEqual({
      code: 0,
      stdout: 'added files (stdio)\n',
      stderr: expect.stringMatching(/^To use it: .* tools --registry\n$/),
    });
    const url = 'https://search.example.com/mcp';
    await it.registry(['add', 'search', url, '--header', 'Accept: text/plain', '--header', 'X-A:b: c']);
    await it.registry(['add', 'events', '--transport', 'sse', '--endpoint', 'https://events.example.com/sse']);
    await it.registry(['add', 'socket', 'wss://socket.example.com/']);
    const client = ['--client-id', 'an-id', '--client-secret-env', 'LINEAR_SECRET', '--scope', 'read write'];
    await it.registry(['add', 'login', url, ...client]);
    expect(it.said()).toEqual([
      { name: 'files', transport: 'stdio', command: 'npx', args: ['-y', 'a server'], env: { LEVEL: 'a=b' }, cwd: '/' },
      { name: 'search', transport: 'streamableHttp', endpoint: url, headers: { Accept: 'text/plain', 'X-A': 'b: c' } },
      { name: 'events', transport: 'sse', endpoint: 'https://events.example.com/sse' },
      { name: 'socket', transport: 'ws', endpoint: 'wss://socket.example.com/' },
      {
        ...{ name: 'login', transport: 'streamableHttp', endpoint: url },
        oauth: { clientId: 'an-id', clientSecretEnv: 'LINEAR_SECRET', scopes: ['read', 'write'] },
      },
    ]);
    const listed = await runCliHere(['registry', 'list', '--registry-path', it.path]);
    expect(listed.stdout).toMatch(/files +stdio +npx -y a server +LEVEL\n/);
    expect(listed.stdout).toContain('5 servers');
    const shown = await it.registry(['show', 'socket']);
    expect(shown.stdout).toContain('wss://socket.example.com/');
    expect(shown.stdout).toContain('not part of MCP');
    expect(await it.registry(['remove', 'files', 'socket'])).toMatchObject({
      code: 0,
      stdout: 'removed files\nremoved socket\n',
    });
    expect(documentOf(await it.registry(['list', '--json'])).servers.map(({ name }: { name: string }) => name)).toEqual(
      ['search', 'events', 'login'],
    );
  });

  it('`registry show` and `registry remove` suggest a similar name if the server is unknown', async () => {
    using it = registryCli();
    await it.registry(['add', 'files', '--', 'npx', '-y', 'a server']);
    for (const command of ['show', 'remove']) {
      const { code, stderr } = await it.registry([command, 'fiels']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('Did you mean files?')]);
    }
    expect(documentOf(await it.registry(['list', '--json'])).servers).toHaveLength(1);
  });

  it('each `registry` command has a help text, and a misspelt option or command gets a suggestion', async () => {
    const names = ['list', 'show', 'add', 'remove', 'import', 'export', 'path', 'verify', 'repair'];
    for (const { code, stdout } of await Promise.all(names.map((name) => runCliHere(['registry', name, '--help'])))) {
      expect([code, stdout]).toEqual([0, expect.stringContaining('Examples')]);
      expect(stdout).toContain('--registry-path');
    }
    const misspelt = await runCliHere(['registry', 'add', 'x', '--trasport', 'sse']);
    expect(misspelt).toMatchObject({ code: 2, stdout: '' });
    expect(misspelt.stderr).toContain('Did you mean --transport?');
    expect(misspelt.stderr).toContain('src/main/cli/bin.ts registry add --help');
    expect((await runCliHere(['registry', 'lst'])).stderr).toContain('Did you mean list?');
    expect((await runCliHere(['registry'])).code).toBe(2);
  });

  it.each([
    [['add', 'x'], 2, 'Name the server to register'],
    [['add', 'x', '--endpoint', 'no URL'], 2, 'servers["x"].endpoint must be an http or https URL'],
    [['add', 'x', 'https://me:pw@a.example/'], 2, 'without credentials'],
    [['add', 'x', 'https://a.example/', '--header', 'no colon'], 2, 'NAME: VALUE'],
    [
      ['add', 'x', 'https://a.example/', '--env', 'A=1'],
      2,
      '--env and --cwd can be used only for a server with a command',
    ],
    [['add', 'x', '--header', 'A: b', '--', 'cmd'], 2, '--header can be used only for a server with a URL'],
    [['add', 'x', '--client-id', 'a', '--', 'cmd'], 2, '--client-id, --client-secret-env and --scope need a URL'],
    [['add', 'x', 'https://a.example/', '--client-secret-env', 'A'], 2, 'oauth.clientSecretEnv needs a clientId'],
    [['add', 'x', '--transport', 'sse', '--', 'cmd'], 2, '--transport sse can be used only for a server with a URL'],
    [['add', 'x', '--transport', 'stdio', 'https://a.example/'], 2, 'needs a command'],
    [['add', 'x', '--endpoint', 'https://a.example/', '--', 'cmd'], 2, 'not both'],
    [['add', 'x', '--transport', 'pigeon', '--', 'cmd'], 2, 'Allowed choices'],
    [['add', 'a\nb', '--', 'cmd'], 2, 'control character'],
    [['add', 'x', '--env', 'A=***masked***', '--', 'cmd'], 1, 'SECRET_MASKED'],
    [['show', 'nobody'], 1, 'SERVER_UNKNOWN'],
    [['remove', 'nobody'], 1, 'SERVER_UNKNOWN'],
    [['import', '/no/such/file'], 2, 'ENOENT'],
    [['list', '--registry-path', '/dev/null/x/servers.json', '--json'], 0, ''],
    [['add', 'x', '--registry-path', '/dev/null/x/servers.json', '--', 'cmd'], 1, 'STORE_UNAVAILABLE'],
    [['list', '--registry-path', '/'], 2, 'is a folder'],
  ])(
    'the `registry` command exits with the right code and explains the mistake, for the arguments %j',
    async (args, code, text) => {
      using it = registryCli();
      const ended = await it.registry(args);
      expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(text)]);
      expect(existsSync(it.path)).toBe(false);
    },
  );
});
