import { describe, expect, it } from 'vitest';
import { type ConnectorProxyManager, SwitchyardError, type ToolResult } from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { LocalFile, localServer, manageFile } from '../../helpers/local-file.ts';
import { manage } from '../../helpers/manager.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';
import { isAlive } from '../../helpers/stdio-program.ts';

interface WhoAmI {
  readonly name: string;
  readonly pid: number;
  readonly env: Readonly<Record<string, string>>;
}

const variable = (name: string): string => `\${${name}}`;

const textOf = (result: ToolResult): string => (result.content[0]?.type === 'text' ? result.content[0].text : '');

async function whoami(manager: ConnectorProxyManager, id: string): Promise<WhoAmI> {
  return JSON.parse(textOf(await manager.callTool(`${id}.whoami`))) as WhoAmI;
}

describe('connectors of a local configuration file', () => {
  it('servers of a local file can be called without a map, and close() leaves no process behind', async () => {
    const local = manageFile({ one: localServer(['one']), two: localServer(['two'], { disabled: true }) });
    const { manager } = local;
    await manager.sync();
    expect(manager.listTools().map(({ name }) => name)).toEqual(['one.die', 'one.slow', 'one.whoami']);
    const { name, pid } = await whoami(manager, 'one');
    expect(name).toBe('one');
    const status = manager.status();
    expect(status.serviceMap).toMatchObject({ url: null, freshness: 'none' });
    expect(status.config).toMatchObject({ path: local.file.path, serverCount: 2, problems: [], lastError: null });
    expect(status.connectors).toMatchObject([
      { id: 'one', state: 'ready', transport: 'stdio', process: { pid, stderr: 'one serves\n' } },
      { id: 'two', state: 'disabled', why: 'disabled in the configuration file', process: null },
    ]);
    expect(manager.listConnectors().map(({ id, endpoint }) => [id, endpoint])).toEqual([
      ['one', 'stdio:one'],
      ['two', 'stdio:two'],
    ]);
    const pending = manager.callTool('one.slow');
    pending.catch(() => {});
    await local[Symbol.asyncDispose]();
    await expect(pending).rejects.toMatchObject({ code: 'CLOSED' });
    expect(isAlive(pid)).toBe(false);
  });

  it('a stdio server gets the environment variables of its entry, and no other variable of this process', async () => {
    process.env.SWITCHYARD_TEST_PRIVATE = 'not for children';
    process.env.SWITCHYARD_TEST_NAME = 'expanded';
    await using local = manageFile({ one: localServer(['one'], { env: { GIVEN: variable('SWITCHYARD_TEST_NAME') } }) });
    await local.manager.sync();
    const { env } = await whoami(local.manager, 'one');
    expect(env.GIVEN).toBe('expanded');
    expect(env).not.toHaveProperty('SWITCHYARD_TEST_PRIVATE');
  });

  it('a connector of a local file replaces a map connector with the same id, until its entry is removed from the file', async () => {
    await using remote = await TestMcpServer.start((server) => server.registerTool('far', {}, () => ({ content: [] })));
    using file = new LocalFile({ shared: localServer(['local']), own: localServer(['own']) });
    const entries = [entry('shared', { endpoint: remote.url }), entry('far', { endpoint: remote.url })];
    await using map = await manage(entries, { configFile: file.path });
    await map.manager.sync();
    await map.manager.ready('all');
    expect(map.manager.listConnectors().map(({ id }) => id)).toEqual(['far', 'shared', 'own']);
    expect(map.manager.connector('shared')).toMatchObject({ entry: { endpoint: 'stdio:shared' } });
    const { pid } = await whoami(map.manager, 'shared');
    file.write({ own: localServer(['own']) });
    await map.manager.sync(true);
    expect(map.manager.listTools().map(({ name }) => name)).toEqual([
      'far.far',
      'own.die',
      'own.slow',
      'own.whoami',
      'shared.far',
    ]);
    await eventually('the program is gone', () => !isAlive(pid));
  });

  it('after a change of the local file, a forced sync starts, changes and ends connectors accordingly', async () => {
    await using local = manageFile({
      kept: localServer(['kept']),
      changed: localServer(['a']),
      gone: localServer(['gone']),
    });
    const { manager, file } = local;
    await manager.sync();
    const before = await Promise.all(['kept', 'changed', 'gone'].map((id) => whoami(manager, id)));
    file.write({ kept: localServer(['kept']), changed: localServer(['b']), added: localServer(['added']) });
    await manager.sync(true);
    expect(await whoami(manager, 'kept')).toMatchObject({ pid: before[0]?.pid });
    expect(await whoami(manager, 'changed')).toMatchObject({ name: 'b' });
    expect(await whoami(manager, 'added')).toMatchObject({ name: 'added' });
    await expect(manager.callTool('gone.whoami')).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
    await eventually('the others are gone', () => before.slice(1).every(({ pid }) => !isAlive(pid)));
  });

  it('connectors of a local file keep running while the file cannot be read, and one log line reports it', async () => {
    await using local = manageFile({ one: localServer(['one']) });
    await local.manager.sync();
    const { pid } = await whoami(local.manager, 'one');
    local.file.writeText('{ "mcpServers": ');
    await local.manager.sync(true);
    await local.manager.sync(true);
    expect(await whoami(local.manager, 'one')).toMatchObject({ pid });
    expect(local.manager.status().config).toMatchObject({ serverCount: 1, lastError: { code: 'CONFIG_INVALID' } });
    expect(local.lines.filter(({ fields }) => fields.event === 'config-invalid')).toHaveLength(1);
  });

  it('a local file that is not JSON is rejected with CONFIG_INVALID, while connectors of the map come up', async () => {
    await using remote = await TestMcpServer.start((server) => server.registerTool('far', {}, () => ({ content: [] })));
    using file = new LocalFile({});
    file.writeText('no JSON');
    await using map = await manage([entry('far', { endpoint: remote.url })], { configFile: file.path });
    await expect(map.manager.sync()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await map.manager.ready('far').catch(() => {});
    expect(map.manager.listTools().map(({ name }) => name)).toEqual(['far.far']);
    file.write({});
    await map.manager.sync();
    expect(map.manager.status().config?.lastError).toBeNull();
  });

  it('an invalid entry of a local file does not affect its other entries, and each problem is logged once', async () => {
    await using local = manageFile({
      bad: { args: [] },
      unset: localServer([], { env: { A: variable('NO_SUCH_VARIABLE_HERE') } }),
      one: localServer(['one']),
    });
    await local.manager.sync(true);
    await local.manager.sync(true);
    expect(local.manager.listConnectors().map(({ id }) => id)).toEqual(['one']);
    expect(local.manager.status().config?.problems.map(({ severity, place }) => [severity, place])).toEqual([
      ['error', 'mcpServers["bad"]'],
      ['error', 'mcpServers["unset"].env["A"]'],
    ]);
    expect(local.lines.filter(({ fields }) => fields.event === 'config-problem')).toHaveLength(2);
  });
});

describe('a stdio server', () => {
  it('a stdio server that dies during a call is restarted, and the error says that the call may have run', async () => {
    await using local = manageFile({ one: localServer(['one']) }, { random: { next: () => 0 } });
    const { manager } = local;
    await manager.sync();
    const { pid } = await whoami(manager, 'one');
    const slow = manager.callTool('one.slow');
    slow.catch(() => {});
    await expect(manager.callTool('one.die')).rejects.toMatchObject({
      code: 'TOOL_CALL_LOST',
      detail: { sent: 'maybe' },
    });
    await expect(slow).rejects.toMatchObject({ code: 'TOOL_CALL_LOST' });
    await manager.ready('one');
    expect((await whoami(manager, 'one')).pid).not.toBe(pid);
  });

  it('a connector notices without a call that its stdio server was killed', async () => {
    await using local = manageFile({ one: localServer(['one']) }, { random: { next: () => 1 } });
    await local.manager.sync();
    const { pid } = await whoami(local.manager, 'one');
    process.kill(pid, 'SIGKILL');
    await eventually('it is down', () => local.manager.connector('one')?.status?.state === 'backing-off');
    expect(local.manager.connector('one')?.status?.lastError).toMatchObject({ code: 'CONNECTOR_EXITED' });
  });

  it('a stdio server that cannot start is reported in status() with its last line of stderr', async () => {
    await using local = manageFile({
      crash: localServer(['x', 'crash']),
      missing: { command: 'no-such-program-anywhere' },
    });
    await local.manager.sync();
    const [crash, missing] = local.manager.status().connectors;
    expect(crash).toMatchObject({ state: 'backing-off', lastError: { code: 'CONNECTOR_EXITED' } });
    expect(crash?.process?.stderr).toContain('there is no licence key');
    expect(missing).toMatchObject({ lastError: { code: 'CONNECTOR_COMMAND_FAILED' } });
  });

  it('a stdio server that ignores SIGTERM and the end of its input is killed with SIGKILL', async () => {
    const local = manageFile({ one: localServer(['one', 'stubborn']) });
    await local.manager.sync();
    const { pid } = await whoami(local.manager, 'one');
    await local[Symbol.asyncDispose]();
    expect(isAlive(pid)).toBe(false);
  });

  it('a stdio server leaves no process behind if the manager closes while the server starts', async () => {
    const local = manageFile({ one: localServer(['one']) });
    const syncing = local.manager.sync();
    syncing.catch(() => {});
    await eventually('it is started', () => local.manager.connector('one')?.status?.process?.pid != null);
    const pid = local.manager.connector('one')?.status?.process?.pid ?? 0;
    await local[Symbol.asyncDispose]();
    await expect(syncing).rejects.toMatchObject({ code: 'CLOSED' });
    expect(isAlive(pid)).toBe(false);
  });

  it('a stdio server is never started for an entry of a map, and never passed to createProxy', async () => {
    const asked: string[] = [];
    using file = new LocalFile({ own: localServer(['own']) });
    const named = { command: 'touch', args: ['/nowhere'], type: 'stdio', stdio: { command: 'touch' } };
    await using map = await manage([entry('sly', named)], {
      configFile: file.path,
      createProxy: ({ connectorId }) => {
        asked.push(connectorId);
        return { connect: async () => {}, getTools: () => [], callTool: async () => ({}) };
      },
    });
    await map.manager.sync();
    expect(asked).toEqual(['sly']);
    expect(map.manager.connector('sly')?.status).toMatchObject({ transport: 'custom', process: null });
    expect(await whoami(map.manager, 'own')).toMatchObject({ name: 'own' });
    await map.publish([entry('sly', { endpoint: 'stdio:own' })]);
    expect(map.manager.status().serviceMap.lastError).toMatchObject({ code: 'MAP_ENDPOINT_INVALID' });
  });
});

describe('ConnectorProxyManager', () => {
  it('ConnectorProxyManager rejects options that name no source of connectors', async () => {
    const { ConnectorProxyManager: Manager } = await import('../../../src/main/index.ts');
    expect(() => new Manager({} as never)).toThrow(SwitchyardError);
    expect(() => new Manager({ configFile: '' })).toThrow('configFile');
  });
});
