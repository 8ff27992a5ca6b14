import { spawn } from 'node:child_process';
import { tracingChannel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { manage } from '../../helpers/manager.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { mapNow } from '../../helpers/map-under-test.ts';
import { type AddTools, TestMcpServer } from '../../helpers/mcp-server.ts';
import { RawMcpServer, type RawRequest } from '../../helpers/raw-mcp-server.ts';
import { entry, KEY } from '../../helpers/signed-map.ts';

const tools: AddTools = (server) => {
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
};

const traceOf = (header: unknown): string => String(header).split('-')[1] ?? '';

/** Returns the requests of a sync or a call. The notification stream, which opens two seconds later, is left out. */
const sentFor = (server: TestMcpServer) =>
  server.requests.filter(({ headers }) => headers['mcp-method'] !== 'subscriptions/listen');

interface HostSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly failed: boolean;
}

/** Returns the spans of a host that runs in its own process, because a tracer provider is global in a process. */
async function tracedHost(mapUrl: string, ...args: readonly string[]): Promise<HostSpan[]> {
  const program = fileURLToPath(new URL('../../fixtures/programs/traced-host.ts', import.meta.url));
  const child = spawn(process.execPath, [program, mapUrl, KEY, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  const [exitCode] = await once(child, 'close');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as HostSpan[];
}

describe('traces', () => {
  it('each sync and each call has its own trace, and a trace that nothing records is marked as not sampled', async () => {
    await using mcp = await TestMcpServer.start(tools);
    await using managed = await manage([entry('one', { endpoint: mcp.url })]);
    await managed.manager.sync();
    const bringUp = mcp.requests.map(({ headers }) => traceOf(headers.traceparent));
    await managed.manager.sync(true);
    const [onMain, onWorker] = managed.server.requests.map(({ headers }) => String(headers.traceparent));
    expect(managed.manager.status().loads[1]?.thread).toMatch(/^worker-/);
    for (const header of [onMain, onWorker]) expect(header).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(traceOf(onMain)).not.toBe(traceOf(onWorker));
    expect(new Set(bringUp)).toEqual(new Set([traceOf(onMain)]));
    await managed.manager.callTool('one.echo', { text: 'x' });
    const call = traceOf(mcp.requests.at(-1)?.headers.traceparent);
    expect([call.length, bringUp.includes(call)]).toEqual([32, false]);
  });

  it.each([
    ['callTool', 'tools/call'],
    ['request', 'prompts/get'],
  ] as const)(
    '%s() continues the trace in the `_meta` that the host passes, and ignores a malformed trace',
    async (way, method) => {
      await using server = await RawMcpServer.start({ 'prompts/get': ({ result }) => result({ messages: [] }) });
      await using managed = await manage([entry('one', { endpoint: String(server.url) })]);
      await managed.manager.sync();
      const send = async (_meta: object): Promise<RawRequest | undefined> => {
        if (way === 'callTool') await managed.manager.callTool('one.echo', {}, { params: { _meta } });
        else await managed.manager.request('one', method, { name: 'greet', _meta });
        return server.of(method).at(-1);
      };
      const [trace, span] = ['1'.repeat(32), 'a'.repeat(16)];
      const sent = await send({ traceparent: `00-${trace}-${span}-01`, tracestate: 'k=v', own: 1 });
      const { traceparent, ...rest } = (sent?.message.params?._meta ?? {}) as Record<string, unknown>;
      expect(traceparent).toMatch(new RegExp(`^00-${trace}-(?!${span})[0-9a-f]{16}-01$`));
      expect(rest).toEqual({ tracestate: 'k=v', own: 1 });
      expect(sent?.headers).toMatchObject({ traceparent, tracestate: 'k=v' });
      const junk = await send({ traceparent: `00-${trace}-${span}`, tracestate: 'k=v', own: 1 });
      expect(junk?.message.params?._meta).toEqual({ own: 1 });
      expect(junk?.headers.traceparent ?? '').not.toContain(trace);
    },
  );

  it('each sync, load, connect and call is published on its own diagnostics channel, and so is its failure', async () => {
    const told: string[] = [];
    const on = (name: string) => {
      const subscribers = {
        start: (message: object) => void told.push(`${name} start ${'traceparent' in message}`),
        end: () => {},
        asyncStart: () => {},
        asyncEnd: (message: object) => void told.push(`${name} ${'error' in message ? 'failed' : 'done'}`),
        error: () => {},
      };
      const channel = tracingChannel(`mcp-switchyard:${name}`);
      channel.subscribe(subscribers);
      return () => channel.unsubscribe(subscribers);
    };
    const stop = ['sync', 'load', 'connect', 'call'].map(on);
    await using mcp = await TestMcpServer.start(tools);
    await using managed = await manage([entry('one', { endpoint: mcp.url })]);
    await managed.manager.sync();
    await managed.manager.callTool('one.echo', { text: 'x' });
    await managed.manager.callTool('one.nope').catch(() => {});
    for (const unsubscribe of stop) unsubscribe();
    expect(told).toEqual([
      'sync start true',
      'load start true',
      'load done',
      'connect start true',
      'connect done',
      'sync done',
      'call start true',
      'call done',
      'call start true',
      'call failed',
    ]);
    expect(String(mcp.requests[0]?.headers.traceparent)).toMatch(/-01$/);
  });

  it('failures of each operation are published on its own diagnostics channel, with the error', async () => {
    const told: string[] = [];
    const stop = (['sync', 'load', 'connect', 'call'] as const).map((name) => {
      const channel = tracingChannel(`mcp-switchyard:${name}`).error;
      const note = (message: unknown): void => {
        const { error } = message as { readonly error: { readonly code?: string } };
        told.push(`${name} ${error.code}`);
      };
      channel.subscribe(note);
      return () => channel.unsubscribe(note);
    });
    await using managed = await manage([entry('dead', { endpoint: 'http://127.0.0.1:9/' })], {
      sleep: async () => {},
    });
    await managed.manager.sync();
    await managed.manager.callTool('dead.x').catch(() => {});
    await managed.manager.close();
    await using failing = await manage([], { sleep: async () => {} });
    failing.server.fail(500);
    await failing.manager.sync().catch(() => {});
    for (const unsubscribe of stop) unsubscribe();
    expect(told).toEqual(expect.arrayContaining(['connect CONNECTOR_CONNECT_FAILED', 'sync MAP_HTTP_STATUS']));
    expect(told.filter((line) => line.startsWith('call '))).toHaveLength(1);
  });

  it("spans join the host's own trace if the host uses OpenTelemetry", async () => {
    await using mcp = await TestMcpServer.start(tools);
    await using server = await MapServer.start(mapNow([entry('one', { endpoint: mcp.url })]));
    const spans = await tracedHost(server.url);
    const named = (name: string) => spans.filter((span) => span.name === name);
    const [own] = named('own');
    // When the notification stream opens, the tools are listed again, outside of any operation of the host.
    const roots = spans.filter(({ parentId }) => parentId === null).map(({ name }) => name);
    expect(roots.filter((name) => name !== 'connector relist')).toEqual(['own']);
    const syncs = named('connector sync');
    const loads = named('service map load');
    const [bringUp] = named('connector bring-up');
    expect(syncs.map(({ parentId }) => parentId)).toEqual([own?.spanId, own?.spanId]);
    expect(loads.map(({ parentId }) => parentId)).toEqual(syncs.map(({ spanId }) => spanId));
    expect(syncs.map(({ spanId }) => spanId)).toContain(bringUp?.parentId);
    const [call] = named('tools/call one.echo');
    expect(call).toMatchObject({ parentId: own?.spanId, failed: false });
    expect(named('tools/call one.nope')).toMatchObject([{ failed: true }]);
    // The main thread sent the first request for the map, and the worker sent the second.
    const headersOf = (span: HostSpan | undefined) => `00-${span?.traceId}-${span?.spanId}-01`;
    expect(server.requests.map(({ headers }) => headers.traceparent)).toEqual(loads.map(headersOf));
    const sent = sentFor(mcp).map(({ headers }) => headers.traceparent);
    const [discover] = named('server/discover');
    expect(discover?.parentId).toBe(bringUp?.spanId);
    expect(sent).toContain(headersOf(discover));
    expect(sent).toContain(headersOf(call));
    const known = new Set(spans.map(headersOf));
    expect(sent.length).toBeGreaterThan(2);
    expect(sent.filter((header) => !known.has(String(header)))).toEqual([]);
  });

  it('if the host does not sample a trace, requests carry the trace and mark it as not sampled', async () => {
    await using mcp = await TestMcpServer.start(tools);
    await using server = await MapServer.start(mapNow([entry('one', { endpoint: mcp.url })]));
    expect(await tracedHost(server.url, 'unsampled')).toEqual([]);
    const sent = [...server.requests, ...sentFor(mcp)].map(({ headers }) => String(headers.traceparent));
    expect(sent.length).toBeGreaterThan(3);
    for (const header of sent) expect(header).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    const [one] = sent.map(traceOf);
    const others = sentFor(mcp).filter(({ headers }) => traceOf(headers.traceparent) !== one);
    // When the notification stream opens, the tools are listed again, outside of any operation of the host.
    expect(others.filter(({ headers }) => headers['mcp-method'] !== 'tools/list')).toEqual([]);
  });
});
