import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { SourceOptions } from '../../../../src/main/cli/source-options.ts';
import { socketsIn } from '../../../../src/main/cli/via/socket-files.ts';
import { findGateway } from '../../../../src/main/cli/via/via-client.ts';
import { killRunning, type RunningCli, runCli, startCli } from '../../../helpers/cli.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { TestMcpServer } from '../../../helpers/mcp-server.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

afterEach(killRunning);

const OPTIONS: SourceOptions = {
  registry: false,
  connectorsKeyEnv: 'CONNECTORS_API_KEY',
  pinTools: 'warn',
  timeout: 5_000,
  json: false,
  verbose: false,
};

/** A gateway in its own process, in front of one connector with the tools `echo`, `wait` and `secret`. */
async function startWorld(...flags: readonly string[]) {
  const folder = new TempDir();
  const stateDir = join(folder.path, 'state');
  const mcp = await TestMcpServer.start((server) => {
    server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
      content: [{ type: 'text', text: `echo ${text}` }],
    }));
    server.registerTool('secret', { inputSchema: z.object({}) }, () => ({ content: [{ type: 'text', text: 'no' }] }));
    server.registerTool('wait', { inputSchema: z.object({}) }, () => new Promise(() => {}));
  });
  const config = join(folder.path, 'mcp.json');
  const write = (server: object): void => writeFileSync(config, JSON.stringify({ mcpServers: { one: server } }));
  write({ url: mcp.url });
  const serve = ['serve', '--config', config, '--state-dir', stateDir, '--port', '0', ...flags];
  const running = startCli(serve);
  await eventually('the connector is up', () => running.seen.stderr.includes('one: ready'));
  await eventually('the socket is there', () => socketsIn(stateDir).length === 1);
  return {
    ...{ folder, stateDir, mcp, config, write, serve, running },
    options: { ...OPTIONS, config: [config], stateDir },
    async [Symbol.asyncDispose]() {
      await end(running);
      await mcp[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

async function end({ child, ended }: RunningCli): Promise<void> {
  child.kill('SIGTERM');
  await ended;
}

const call = { onProgress: () => {}, signal: new AbortController().signal };

describe('the local socket of a gateway', () => {
  it('the local socket of a gateway is accessible only to its user and is removed when the gateway ends', async () => {
    await using world = await startWorld();
    const [path = ''] = socketsIn(world.stateDir);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(lstatSync(world.stateDir).mode & 0o777).toBe(0o700);
    await end(world.running);
    expect(existsSync(path)).toBe(false);
  });

  it('a process with the same options can list and call tools through the local socket of a gateway', async () => {
    await using world = await startWorld();
    using host = await findGateway(world.options);
    if (host === null) throw new Error('No gateway was found');
    await host.sync();
    expect(host.listConnectors().map(({ id }) => id)).toEqual(['one']);
    expect([host.has('one'), host.has('two')]).toEqual([true, false]);
    await host.settled('one');
    expect(host.listTools().map(({ name }) => name)).toEqual(['one.echo', 'one.secret', 'one.wait']);
    expect(host.connector('one')?.status).toMatchObject({ id: 'one', state: 'ready' });
    expect(await host.callTool('one.echo', { text: 'hi' }, call)).toMatchObject({ content: [{ text: 'echo hi' }] });
    await expect(host.callTool('one.none', {}, call)).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
    await expect(host.callTool('one.wait', {}, { ...call, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'TOOL_CALL_TIMEOUT',
    });
  });

  it('a command does not use the local socket of a gateway whose options, variables or state folder are different', async () => {
    await using world = await startWorld();
    expect(await findGateway({ ...world.options, pinTools: 'off' })).toBeNull();
    expect(await findGateway({ ...world.options, via: false })).toBeNull();
    expect(await findGateway({ ...world.options, stateDir: join(world.folder.path, 'other') })).toBeNull();
    world.write({ url: world.mcp.url, headers: { 'X-Name': `\${ONLY_HERE:-there}` } });
    await eventually('the gateway has read the file', async () => {
      using host = await findGateway(world.options);
      return host !== null;
    });
    process.env.ONLY_HERE = 'here';
    try {
      expect(await findGateway(world.options)).toBeNull();
    } finally {
      delete process.env.ONLY_HERE;
    }
  });

  it("the local socket of a gateway offers only the tools that the gateway's filters allow", async () => {
    await using world = await startWorld('--tools', '!one__secret');
    using host = await findGateway(world.options);
    await host?.settled();
    expect(host?.listTools().map(({ name }) => name)).toEqual(['one.echo', 'one.wait']);
    await expect(host?.callTool('one.secret', {}, call)).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
  });

  it('`call` and `tools` use the local socket of a gateway, and do not connect to the connector themselves', async () => {
    await using world = await startWorld();
    const given = ['--config', world.config, '--state-dir', world.stateDir];
    const [, pid] = /gateway-(\d+)-/.exec(socketsIn(world.stateDir)[0] ?? '') ?? [];
    expect(pid).toBe(String(world.running.child.pid));
    // A process that connects to the connector sends `server/discover`. The gateway has sent one at its start.
    const bringUps = (): number =>
      world.mcp.requests.filter(({ headers }) => headers['mcp-method'] === 'server/discover').length;
    const before = bringUps();
    expect(before).toBeGreaterThan(0);
    expect(await runCli(['call', 'one.echo', 'text=hi', ...given])).toMatchObject({ code: 0, stdout: 'echo hi\n' });
    expect((await runCli(['tools', 'one', ...given])).stdout).toContain('one.echo');
    expect(world.mcp.requests.filter(({ headers }) => headers['mcp-method'] === 'tools/call')).toHaveLength(1);
    expect(bringUps()).toBe(before);
    expect(await runCli(['call', 'one.echo', 'text=2', ...given, '--no-via'])).toMatchObject({ code: 0 });
    expect(bringUps()).toBeGreaterThan(before);
    const path = socketsIn(world.stateDir)[0] ?? '';
    const elsewhere = ['--state-dir', join(world.folder.path, 'other'), '--via', path];
    const named = bringUps();
    expect(await runCli(['call', 'one.echo', 'text=3', ...elsewhere])).toMatchObject({ code: 0, stdout: 'echo 3\n' });
    expect(bringUps()).toBe(named);
    const nowhere = await runCli([
      'call',
      'one.echo',
      ...given,
      '--via',
      join(world.folder.path, 'none.sock'),
      '--json',
    ]);
    expect(nowhere.code).toBe(1);
    expect(JSON.parse(nowhere.stdout)).toMatchObject({ ok: false, error: { code: 'GATEWAY_UNREACHABLE' } });
  });

  it('a call over the local socket fails when the caller aborts it and when the gateway is killed', async () => {
    await using world = await startWorld();
    const ending = new AbortController();
    using host = await findGateway(world.options);
    const waiting = host?.callTool('one.wait', {}, { ...call, signal: ending.signal });
    ending.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'TOOL_CALL_LOST' });
    using second = await findGateway(world.options);
    const lost = second?.callTool('one.wait', {}, call);
    world.running.child.kill('SIGKILL');
    await expect(lost).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
    await expect(second?.sync()).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' });
  });

  it('a gateway removes the local socket that a killed gateway left behind', async () => {
    await using world = await startWorld();
    const [left = ''] = socketsIn(world.stateDir);
    world.running.child.kill('SIGKILL');
    await world.running.ended;
    expect(existsSync(left)).toBe(true);
    expect(await findGateway(world.options)).toBeNull();
    const next = startCli(world.serve);
    await eventually('the connector is up', () => next.seen.stderr.includes('one: ready'));
    expect(existsSync(left)).toBe(false);
    using host = await findGateway(world.options);
    expect(host?.path).not.toBe(left);
    await end(next);
  });

  it('a gateway creates no local socket in a folder that other users can write to', async () => {
    await using world = await startWorld();
    await end(world.running);
    chmodSync(world.stateDir, 0o777);
    const next = startCli([...world.serve, '--verbose']);
    await eventually('the log says so', () => next.seen.stderr.includes('gateway-socket-unavailable'));
    expect(socketsIn(world.stateDir)).toEqual([]);
    await end(next);
  });

  it('a command fails if `--via` names a socket on which no gateway answers', async () => {
    using folder = new TempDir();
    const path = join(folder.path, 'other.sock');
    await expect(findGateway({ ...OPTIONS, via: path })).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' });
    const server = createServer((socket) => socket.end('hello\n')).listen(path);
    await once(server, 'listening');
    await expect(findGateway({ ...OPTIONS, via: path })).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' });
    server.close();
    writeFileSync(join(folder.path, 'file'), '');
    await expect(findGateway({ ...OPTIONS, via: join(folder.path, 'file') })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    });
  });
});
