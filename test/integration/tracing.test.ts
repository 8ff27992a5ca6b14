import { spawn } from 'node:child_process';
import { tracingChannel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { manage } from '../helpers/manager.ts';
import { MapServer } from '../helpers/map-server.ts';
import { mapNow } from '../helpers/map-under-test.ts';
import { type AddTools, TestMcpServer } from '../helpers/mcp-server.ts';
import { entry, KEY } from '../helpers/signed-map.ts';

const tools: AddTools = (server) => {
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
};

const traceOf = (header: unknown): string => String(header).split('-')[1] ?? '';

describe('one trace', () => {
  it('goes over main, worker and connectors, and is marked as not sampled where nobody records it', async () => {
    await using mcp = await TestMcpServer.start(tools);
    await using managed = await manage([entry('one', { endpoint: mcp.url })]);
    await managed.manager.sync();
    await managed.manager.sync(true);
    const [onMain, onWorker] = managed.server.requests.map(({ headers }) => String(headers.traceparent));
    expect(managed.manager.status().loads[1]?.thread).toMatch(/^worker-/);
    for (const header of [onMain, onWorker]) expect(header).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(traceOf(onMain)).not.toBe(traceOf(onWorker));
    const bringUp = mcp.requests.map(({ headers }) => traceOf(headers.traceparent));
    expect(new Set(bringUp)).toEqual(new Set([traceOf(onMain)]));
    await managed.manager.callTool('one.echo', { text: 'x' });
    const call = traceOf(mcp.requests.at(-1)?.headers.traceparent);
    expect([call.length, bringUp.includes(call)]).toEqual([32, false]);
  });

  it('is told on diagnostics channels, failures too', async () => {
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

  it("is a part of the host's own where it has OpenTelemetry", async () => {
    await using mcp = await TestMcpServer.start(tools);
    await using server = await MapServer.start(mapNow([entry('one', { endpoint: mcp.url })]));
    const program = fileURLToPath(new URL('../fixtures/programs/traced-host.ts', import.meta.url));
    const child = spawn(process.execPath, [program, server.url, KEY]);
    let stdout = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
    });
    await once(child, 'close');
    const spans = JSON.parse(stdout) as {
      name: string;
      traceId: string;
      spanId: string;
      parentId: string | null;
      failed: boolean;
    }[];
    const named = (name: string) => spans.find((span) => span.name === name);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(named('connector sync')?.parentId).toBe(named('own')?.spanId);
    expect(named('service map load')?.parentId).toBe(named('connector sync')?.spanId);
    expect(named('tools/call one.echo')).toMatchObject({ parentId: named('own')?.spanId, failed: false });
    expect(named('tools/call one.nope')).toMatchObject({ failed: true });
    expect(String(server.requests[0]?.headers.traceparent)).toBe(
      `00-${named('own')?.traceId}-${named('service map load')?.spanId}-01`,
    );
    expect(traceOf(mcp.requests[0]?.headers.traceparent)).toBe(named('own')?.traceId);
  });
});
