import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { killRunning, type RunningCli, runCli, startCli } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { eventually } from '../../helpers/eventually.ts';
import { remote } from '../../helpers/gateway-world.ts';
import { expectDocument } from '../../helpers/json-documents/document-case.ts';
import { startedElsewhere } from '../../helpers/json-documents/started-elsewhere.ts';
import { LocalFile, localServer, startedAfter } from '../../helpers/local-file.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { mapNow } from '../../helpers/map-under-test.ts';
import { openSession, openStream, postLegacy, postModern } from '../../helpers/mcp-post.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';
import { entry, KEY } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

afterEach(killRunning);

interface Serving {
  readonly cli: RunningCli;
  readonly url: string;
  readonly mcp: string;
}

/** Starts `mcp-switchyard serve` on a free port. Resolves once it listens. */
async function serve(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Serving> {
  const cli = startCli(['serve', '--port', '0', '--json', ...args], { env, stdinDelayMs: 60_000 });
  await eventually('it listens', () => cli.seen.stdout.includes('\n'), 20_000);
  return { cli, ...(JSON.parse(cli.seen.stdout) as { url: string; mcp: string }) };
}

const toolNames = async (url: string): Promise<readonly string[]> =>
  ((await postLegacy(url, 'tools/list')).result.tools as { name: string }[]).map(({ name }) => name);

describe('mcp-switchyard serve', () => {
  it('`serve` lists the tools of stdio and HTTP servers, and exits with 0 on SIGTERM', async () => {
    await using server = await RawMcpServer.start();
    using file = new LocalFile({ a: remote(server), local: localServer() });
    const { cli, url, mcp } = await serve(['--config', file.path]);
    await eventually('both are up', async () => (await toolNames(mcp)).some((name) => name.startsWith('local__')));
    expect(await toolNames(mcp)).toContain('a__echo');
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(
      /mcp_gateway_request_duration_seconds_count\{.*tools\/list/,
    );
    expect((await fetch(`${url}/`)).status).toBe(200);
    cli.child.kill('SIGTERM');
    expectDocument(await cli.ended, startedElsewhere('serve'));
    expect(cli.seen.stderr).toContain(mcp);
  });

  it('`serve` lets running calls finish when it is stopped, and accepts no new calls', async () => {
    let finish = (): void => {};
    await using server = await RawMcpServer.start({
      'tools/call': ({ result }) => {
        finish = () => result({ content: [] });
      },
    });
    using file = new LocalFile({ a: remote(server) });
    const { cli, url, mcp } = await serve(['--config', file.path, '--ready-for', 'a']);
    await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok);
    const session = await openSession(mcp);
    await using standing = await openStream(mcp, { headers: { ...session.headers, accept: 'text/event-stream' } });
    const call = session.call('tools/call', { name: 'a__echo' }, { id: 'last' });
    await eventually('it is called', () => server.of('tools/call').length === 1);
    cli.child.kill('SIGTERM');
    await eventually('it says so', () => cli.seen.stderr.includes('No new calls'));
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    finish();
    expect((await call).result).toEqual({ content: [] });
    expect((await cli.ended).code).toBe(0);
    expect(standing.status).toBe(200);
  });

  it('`serve` stops after the time of `--drain` even if a call is still running', async () => {
    await using server = await RawMcpServer.start({ 'tools/call': () => {} });
    using file = new LocalFile({ a: remote(server) });
    const { cli, mcp } = await serve(['--config', file.path, '--drain', '200']);
    const call = postLegacy(mcp, 'tools/call', { name: 'a__echo' }).catch(() => null);
    await eventually('it is called', () => server.of('tools/call').length === 1);
    cli.child.kill('SIGINT');
    expect((await cli.ended).code).toBe(0);
    await call;
  });

  it('`serve` reloads a changed configuration file, and does not reconnect unchanged connectors', async () => {
    await using a = await RawMcpServer.start();
    await using b = await RawMcpServer.start();
    using file = new LocalFile({ a: remote(a) });
    const { mcp } = await serve(['--config', file.path]);
    await eventually('a is up', async () => (await toolNames(mcp)).length === 1);
    const session = await openSession(mcp);
    await using standing = await openStream(mcp, { headers: { ...session.headers, accept: 'text/event-stream' } });
    file.write({ a: remote(a), b: remote(b) });
    await eventually('b is up', async () => (await toolNames(mcp)).join() === 'a__echo,b__echo');
    expect(a.of('initialize')).toHaveLength(1);
    await eventually('clients are told', () =>
      standing.messages.some(({ method }) => method === 'notifications/tools/list_changed'),
    );
    file.writeText('{ this is no JSON');
    file.write({ b: remote(b) });
    await eventually('a is gone', async () => (await toolNames(mcp)).join() === 'b__echo');
    expect(b.of('initialize')).toHaveLength(1);
  });

  it('`serve` serves stored tools, marked as stale, while the source of the map is down', async () => {
    await using server = await RawMcpServer.start();
    using state = new TempDir();
    const mapServer = await MapServer.start(mapNow([entry('a', { endpoint: server.url.href })]));
    const args = ['--service-map', mapServer.url, '--state-dir', state.path, '--allow-private'];
    const env = { CONNECTORS_SIGNATURE_KEY: KEY };
    const first = await serve(args, env);
    await eventually('it is up', async () => (await toolNames(first.mcp)).length === 1);
    first.cli.child.kill('SIGTERM');
    await first.cli.ended;
    await mapServer[Symbol.asyncDispose]();
    server.answers['server/discover'] = () => {};
    const other = await serve(args, env);
    const { result } = await postModern(other.mcp, 'tools/list');
    expect(result).toMatchObject({ tools: [{ name: 'a__echo', _meta: { 'mcp-switchyard/stale': true } }], ttlMs: 0 });
  });

  it('`serve` rejects connectors of a map at private addresses unless they are allowed', async () => {
    await using server = await RawMcpServer.start();
    await using mapServer = await MapServer.start(mapNow([entry('a', { endpoint: server.url.href })]));
    const { cli, url, mcp } = await serve(['--service-map', mapServer.url], { CONNECTORS_SIGNATURE_KEY: KEY });
    await eventually('the log names the flag that allows it', () =>
      /^\d{4}-[\dT:.-]+Z Connector a: .*--allow-private/m.test(cli.seen.stderr),
    );
    await eventually('it is refused', async () =>
      (await (await fetch(`${url}/status.json`)).text()).includes('CONNECTOR_ADDRESS_REFUSED'),
    );
    expect(await toolNames(mcp)).toEqual([]);
    expect(server.connections).toBe(0);
  });

  it('`serve` reloads the map on SIGHUP', async () => {
    await using server = await RawMcpServer.start();
    const entryOf = (id: string) => entry(id, { endpoint: server.url.href });
    await using mapServer = await MapServer.start(mapNow([entryOf('a')]));
    const args = ['--service-map', mapServer.url, '--allow-private'];
    const { cli, mcp } = await serve(args, { CONNECTORS_SIGNATURE_KEY: KEY });
    await eventually('a is up', async () => (await toolNames(mcp)).join() === 'a__echo');
    mapServer.serve(mapNow([entryOf('a'), entryOf('b')]));
    cli.child.kill('SIGHUP');
    await eventually('b is up', async () => (await toolNames(mcp)).join() === 'a__echo,b__echo');
  });

  it('`serve` reports once why a connector is down, and once that it is up again', async () => {
    await using server = await RawMcpServer.start();
    const answers = { ...server.answers };
    for (const kind of ['server/discover', 'initialize', 'tools/list'])
      server.answers[kind] = ({ response }) => void response.writeHead(500).end();
    using file = new LocalFile({ a: remote(server) });
    const { cli, url } = await serve(['--config', file.path]);
    const failures = async (): Promise<number> => {
      const lines = (await (await fetch(`${url}/metrics`)).text()).match(/^mcp_connector_.*backing-off.* (\d+)$/m);
      return Number(lines?.[1] ?? 0);
    };
    await eventually('it failed three times', async () => (await failures()) >= 3, 20_000);
    expect(cli.seen.stderr.match(/^\d{4}-[\dT:.-]+Z Connector a: backing-off /gm)).toHaveLength(1);
    Object.assign(server.answers, answers);
    await eventually('it is up', () => /^\d{4}-[\dT:.-]+Z a: ready /m.test(cli.seen.stderr), 20_000);
  });

  it('`/readyz` of `serve` names the connectors that are not up yet', async () => {
    await using up = await RawMcpServer.start();
    using file = new LocalFile({ up: remote(up), down: { type: 'http', url: 'http://127.0.0.1:9/mcp' } });
    const { url } = await serve(['--config', file.path, '--ready-for', 'all']);
    await eventually('one is waited for', async () => {
      const response = await fetch(`${url}/readyz`);
      return response.status === 503 && ((await response.json()) as { waitsFor: string[] }).waitsFor.join() === 'down';
    });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it.each([
    [['--host', '0.0.0.0'], 'OPTIONS_INVALID', 2],
    [['--token-env', 'NOT_SET'], 'NOT_SET', 2],
    [['--token-env', 'SHORT'], 'SHORT', 2],
    [['--route', 'x'], '--route', 2],
    [['--port', '99999'], 'port', 2],
    [['--separator', '§'], 'Give 1 to 8', 2],
    [['--raedy-for', 'all'], '--ready-for', 2],
  ])('`serve` rejects the options %j before it starts', async (args, says, code) => {
    using file = new LocalFile({});
    const ended = await runCliHere(['serve', '--config', file.path, ...args], { env: { SHORT: 'short' } });
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(says)]);
  });

  it('`serve` fails with LISTEN_FAILED if its port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    using file = new LocalFile({});
    const { port } = other.address() as AddressInfo;
    const ended = await runCli(['serve', '--config', file.path, '--port', String(port), '--json']);
    expect([ended.code, JSON.parse(ended.stdout).error.code]).toEqual([1, 'LISTEN_FAILED']);
    other.close();
  });
});

describe('mcp-switchyard serve --stdio', () => {
  it('`serve --stdio` answers the first tools/list with the tools of a stdio server that takes a second to start', async () => {
    using file = new LocalFile({ late: startedAfter('sleep 1', 'late') });
    const cli = startCli(['serve', '--stdio', '--config', file.path, '--no-state'], { stdinDelayMs: 60_000 });
    const clientInfo = { name: 't', version: '1' };
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
    cli.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
    cli.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' })}\n`);
    await eventually('the list is answered', () => cli.seen.stdout.includes('"id":2'));
    expect(cli.seen.stdout).toMatch(/"id":2.*late__whoami/);
  });

  it('`serve --stdio` serves legacy and modern requests, and ends when its input ends', async () => {
    await using server = await RawMcpServer.start();
    using file = new LocalFile({ a: remote(server) });
    const cli = startCli(['serve', '--stdio', '--config', file.path], { stdinDelayMs: 60_000 });
    const send = (message: object): void => void cli.child.stdin?.write(`${JSON.stringify(message)}\n`);
    const heard = (): Record<string, unknown>[] =>
      cli.seen.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
    const answer = async (id: unknown): Promise<Record<string, unknown>> => {
      await eventually(`an answer to ${String(id)}`, () => heard().some((message) => message.id === id));
      return heard().find((message) => message.id === id) ?? {};
    };
    const clientInfo = { name: 't', version: '1' };
    send({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo },
    });
    expect(await answer(1)).toMatchObject({ result: { protocolVersion: '2025-06-18' } });
    send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    send({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
    expect(await answer(2)).toMatchObject({ result: { tools: [{ name: 'a__echo' }] } });
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    send({ jsonrpc: '2.0', id: 'm', method: 'tools/call', params: { name: 'a__echo', arguments: {}, _meta } });
    expect(await answer('m')).toMatchObject({ result: { resultType: 'complete' } });
    send({
      jsonrpc: '2.0',
      id: 'bad',
      method: 'tools/call',
      params: { name: 'a__echo', _meta: { ..._meta, 'io.modelcontextprotocol/protocolVersion': '1' } },
    });
    expect(await answer('bad')).toMatchObject({ error: { code: -32_022 } });
    send({
      jsonrpc: '2.0',
      id: 'sub',
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true }, _meta },
    });
    await eventually('it is acknowledged', () =>
      heard().some(({ method }) => method === 'notifications/subscriptions/acknowledged'),
    );
    cli.child.stdin?.write('no json\n');
    await eventually('it is notified', () =>
      heard().some(({ error }) => (error as { code?: number } | undefined)?.code === -32_700),
    );
    cli.child.stdin?.end();
    expect((await cli.ended).code).toBe(0);
  });

  it('`serve --stdio` lets the client cancel a call, and forwards server requests to the client', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ message, events }) => {
        if (message.params?.name === 'echo' && (message.params.arguments as { ask?: boolean }).ask === true)
          events({ jsonrpc: '2.0', id: 'up', method: 'roots/list', params: {} });
      },
      answer: ({ response, message }) => {
        response.writeHead(202).end();
        const [call] = server.of('tools/call').slice(-1);
        call?.events({ jsonrpc: '2.0', id: call.message.id, result: { content: [], roots: message.result } });
      },
    });
    using file = new LocalFile({ a: remote(server) });
    const cli = startCli(['serve', '--stdio', '--config', file.path], { stdinDelayMs: 60_000 });
    const send = (message: object): void => void cli.child.stdin?.write(`${JSON.stringify(message)}\n`);
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: { roots: {} },
      clientInfo: { name: 't', version: '1' },
    };
    send({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'a__echo', arguments: {} } });
    await eventually('it is called', () => server.of('tools/call').length === 1);
    send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } });
    await eventually('it is cancelled', () => server.of('notifications/cancelled').length === 1);
    send({ jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'a__echo', arguments: { ask: true } } });
    await eventually('it is asked', () => cli.seen.stdout.includes('roots/list'));
    const asked = cli.seen.stdout.split('\n').find((line) => line.includes('roots/list')) ?? '{}';
    send({ jsonrpc: '2.0', id: (JSON.parse(asked) as { id: string }).id, result: { roots: [{ uri: 'file:///x' }] } });
    await eventually('it is answered', () => cli.seen.stdout.includes('file:///x'));
    expect(cli.seen.stdout).not.toContain('"id":2,');
    cli.child.kill('SIGTERM');
    expect((await cli.ended).code).toBe(0);
  });
});
