import { afterAll, describe, expect, it } from 'vitest';
import { killRunning, startCli } from '../../helpers/cli.ts';
import { eventually } from '../../helpers/eventually.ts';
import { LocalFile, manageFile } from '../../helpers/local-file.ts';
import { connectSse, noStreamLeft, RawSseServer, type SseAnswer } from '../../helpers/raw-sse-server.ts';

/** The time limit is 3 s. The rest is a margin, because the machine runs other tests in parallel. */
const END_MS = 5_000;

const silent: SseAnswer = () => {};
const accepting: SseAnswer = ({ accept }) => accept();

/** For each phase in which a server becomes silent: the last request that it receives, and its answers until then. */
const PHASES: Readonly<Record<string, readonly [lastKind: string, answers: Readonly<Record<string, SseAnswer>>]>> = {
  'before the headers of its stream': ['GET', { GET: silent }],
  'before its endpoint': ['GET', { GET: (_, server) => void server.openStream('') }],
  'before it accepts initialize': ['initialize', { initialize: silent }],
  'before it answers initialize': ['initialize', { initialize: accepting }],
  'before it accepts initialized': ['notifications/initialized', { 'notifications/initialized': silent }],
  'before it accepts tools/list': ['tools/list', { 'tools/list': silent }],
  'before it answers tools/list': ['tools/list', { 'tools/list': accepting }],
};

interface SilentServers extends AsyncDisposable {
  readonly servers: readonly RawSseServer[];
  /** The servers in the format of an `mcpServers` file. */
  readonly entries: Readonly<Record<string, object>>;
  /** Resolves once each server is silent. */
  readonly fallenSilent: () => Promise<void>;
}

/** Starts one silent server for each phase. */
async function silentServers(): Promise<SilentServers> {
  const phases = Object.values(PHASES);
  const servers = await Promise.all(phases.map(([, answers]) => RawSseServer.start(answers)));
  return {
    servers,
    entries: Object.fromEntries(servers.map(({ url }, index) => [`s${index}`, { type: 'sse', url: url.href }])),
    fallenSilent: () =>
      eventually('each server is silent', () =>
        servers.every((server, index) => server.of(phases[index]?.[0] ?? '').length > 0),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

/** Resolves with the duration of `work`, in milliseconds. */
async function timed(work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work;
  return performance.now() - startedMs;
}

afterAll(killRunning);

// These tests mostly wait. They run concurrently so that they wait at the same time.
describe.concurrent('SSE servers that stop answering', () => {
  it('SSE servers that stop answering do not delay close() of their manager', async () => {
    await using world = await silentServers();
    await using local = manageFile(world.entries, { connectTimeoutMs: 60_000, listTimeoutMs: 60_000 });
    void local.manager.sync().catch(() => {});
    await world.fallenSilent();
    expect(await timed(local.manager.close())).toBeLessThan(END_MS);
    for (const server of world.servers) await noStreamLeft(server);
  });

  it('a connector whose SSE server stops answering can be removed without delay', async () => {
    await using world = await silentServers();
    await using local = manageFile(world.entries, { connectTimeoutMs: 60_000, listTimeoutMs: 60_000 });
    void local.manager.sync().catch(() => {});
    await world.fallenSilent();
    local.file.write({});
    await local.manager.reload();
    for (const server of world.servers) await eventually('it is left', () => server.openStreams === 0, END_MS);
    expect(local.manager.status().connectors).toEqual([]);
  });

  it('SSE servers that stop answering do not delay the end of `mcp-switchyard tools` beyond its `--wait` time', async () => {
    await using world = await silentServers();
    using file = new LocalFile(world.entries);
    const run = startCli(['tools', '--config', file.path, '--wait', '1000', '--json']);
    await world.fallenSilent();
    // The command waits 1 s for the servers, because of `--wait 1000`.
    expect(await timed(run.ended)).toBeLessThan(1_000 + END_MS);
    expect((await run.ended).code).toBe(1);
  });

  it('SSE servers that stop answering do not delay the shutdown of the gateway', async () => {
    await using world = await silentServers();
    using file = new LocalFile(world.entries);
    const run = startCli(['serve', '--config', file.path, '--port', '0']);
    await world.fallenSilent();
    run.child.kill('SIGTERM');
    expect(await timed(run.ended)).toBeLessThan(END_MS);
  });

  it('an SSE connection with an unanswered call closes without delay', async () => {
    await using server = await RawSseServer.start({ 'tools/call': silent });
    await using sse = await connectSse(server);
    const outcome = sse.call().catch((error: unknown) => error);
    await eventually('the call is there', () => server.of('tools/call').length === 1);
    expect(await timed(sse.connection.close())).toBeLessThan(500);
    await expect(outcome).resolves.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
    expect(sse.lost).toEqual([]);
    await noStreamLeft(server);
  });
});

describe.concurrent('an aborted handshake over SSE', () => {
  it('an aborted handshake over SSE ends the session that it opened, even if the server is slow to open it', async () => {
    const opened: number[] = [];
    await using server = await RawSseServer.start({
      GET(_, it) {
        setTimeout(() => {
          it.openStream();
          opened.push(it.openStreams);
        }, 1_000);
      },
    });
    const caller = new AbortController();
    const attempt = connectSse(server, { signal: caller.signal }).catch((error: unknown) => error);
    await eventually('the stream is asked for', () => server.of('GET').length === 1);
    caller.abort(new Error('closed'));
    expect(await timed(attempt)).toBeLessThan(END_MS);
    await expect(attempt).resolves.toMatchObject({ message: 'closed' });
    expect([opened, server.of('initialize')]).toEqual([[1], []]);
    await noStreamLeft(server);
  });

  it('a handshake over SSE sends nothing if its signal is already aborted', async () => {
    await using server = await RawSseServer.start();
    await expect(connectSse(server, { signal: AbortSignal.abort(new Error('closed')) })).rejects.toThrow('closed');
    expect(server.requests).toEqual([]);
  });
});

describe.concurrent('an event stream that ends', () => {
  it.each<[string, (server: RawSseServer) => void]>([
    ['normally', ({ stream }) => stream.end()],
    ['with its connection', ({ stream }) => stream.destroy()],
    ['with an unusable endpoint', (it) => void it.stream.write(it.endpoint('http://evil.test/'))],
    ['with an event that is too large', ({ stream }) => void stream.write(`data: ${'x'.repeat(300_000)}`)],
  ])(
    'when the event stream of an SSE server ends (%s), its calls fail and the connector reconnects',
    async (_, leave) => {
      await using server = await RawSseServer.start({ 'tools/call': accepting });
      const entries = { one: { type: 'sse', url: server.url.href } };
      await using local = manageFile(entries, { maxResultBytes: 200_000, random: { next: () => 0 } });
      await local.manager.sync();
      const call = local.manager.callTool('one.echo');
      const lost = expect(call).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
      await eventually('the call is there', () => server.of('tools/call').length === 1);
      leave(server);
      await lost;
      server.answers['tools/call'] = ({ result }) => result({ content: [] });
      await eventually('it is back', () => local.manager.connector('one')?.status?.state === 'ready');
      await expect(local.manager.callTool('one.echo')).resolves.toEqual({ content: [] });
      // The failed call was not sent again.
      expect([server.of('tools/call').length, server.of('GET').length]).toEqual([2, 2]);
    },
  );

  it('the event stream of an SSE server is reopened once each time that it ends, after a pause', async () => {
    await using server = await RawSseServer.start();
    let opened = 0;
    server.answers['tools/list'] = ({ result }, { stream }) => {
      result({ tools: [] });
      opened += 1;
      stream.end();
    };
    await using _local = manageFile({ one: { type: 'sse', url: server.url.href } }, { random: { next: () => 1 } });
    void _local.manager.sync().catch(() => {});
    await eventually('it went three times', () => opened === 3);
    const gets = server.requests.filter(({ method }) => method === 'GET').length;
    expect(gets).toBe(3);
  });
});
