import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { CallLatencies } from '../../src/main/gateway/call-latencies.ts';
import { createStatusSite, type StatusSiteOptions } from '../../src/main/gateway/status-page/status-site.ts';
import { manage } from './manager.ts';
import { TestMcpServer } from './mcp-server.ts';
import { entry, type Json } from './signed-map.ts';

/** The number of a connector's tools and calls, their durations, and how often a call fails. */
interface Manners {
  readonly tools: number;
  readonly baseMs: number;
  readonly spreadMs: number;
  readonly calls: number;
  readonly failsEvery?: number;
}

const YARD: Readonly<Record<string, Manners & { readonly name: string; readonly isLegacy?: boolean }>> = {
  timetable: { name: 'Timetable', tools: 6, baseMs: 3, spreadMs: 10, calls: 60 },
  'rolling-stock': { name: 'Rolling stock', tools: 11, baseMs: 8, spreadMs: 22, calls: 48 },
  'signal-box': { name: 'Signal box', tools: 4, baseMs: 2, spreadMs: 4, calls: 60 },
  waybills: { name: 'Freight waybills', tools: 9, baseMs: 12, spreadMs: 30, calls: 36, failsEvery: 9 },
  weather: { name: 'Weather along the line', tools: 2, baseMs: 60, spreadMs: 240, calls: 14 },
  tickets: { name: 'Ticket office', tools: 7, baseMs: 5, spreadMs: 9, calls: 40, isLegacy: true },
};

/**
 * A status page of a real manager with real connectors. One connector is slow, one is down, one refuses every request,
 * and one is disabled. Everything is closed when the scope ends.
 */
export interface StatusWorld extends AsyncDisposable {
  /** URL without a path. */
  readonly url: string;
  /** Signs a newer map that adds these connectors, and syncs. */
  publish(more: readonly Json[]): Promise<void>;
}

export async function startStatusWorld(
  more: readonly Json[] = [],
  options: Partial<StatusSiteOptions> = {},
): Promise<StatusWorld> {
  await using stack = new AsyncDisposableStack();
  const latencies = new CallLatencies();
  const connectors: Json[] = [...more];
  for (const [id, { name, isLegacy, ...manners }] of Object.entries(YARD)) {
    const start = isLegacy ? TestMcpServer.startWithSessions : TestMcpServer.start;
    connectors.push(entry(id, { name, endpoint: stack.use(await start(tools(manners))).url }));
  }
  const refusing = stack.use(await TestMcpServer.start(() => {}));
  refusing.wants(() => false);
  const gone = await TestMcpServer.start(() => {});
  const goneUrl = gone.url;
  await gone[Symbol.asyncDispose]();
  connectors.push(
    entry('crew', { name: 'Crew rostering', endpoint: `${refusing.url}?token=hidden` }),
    entry('track-works', { name: 'Track works', endpoint: goneUrl }),
    entry('archive', { name: 'Archive', status: 'disabled' }),
  );
  const { manager, publish } = stack.use(await manage(connectors));
  await manager.sync();
  const site = createStatusSite({ manager, latencies, ...options });
  stack.defer(() => site.close());
  await Promise.all(
    Object.entries(YARD).map(async ([id, { calls }]) => {
      for (let call = 0; call < calls; call += 1) {
        const beganMs = performance.now();
        const { isError } = await manager.callTool(`${id}.tool-0`, {});
        latencies.record(id, performance.now() - beganMs, isError !== true);
      }
    }),
  );
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (!site.handle(request, response, pathname)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const everything = stack.move();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publish: (added) => publish([...connectors, ...added]),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

function tools({ tools: count, baseMs, spreadMs, failsEvery }: Manners): (server: McpServer) => void {
  let calls = 0;
  const answer = async () => {
    calls += 1;
    // The delays are irregular but not random, so that the picture is the same each time.
    await sleep(baseMs + ((calls * 37) % 11) ** 2 * (spreadMs / 121));
    const isError = failsEvery !== undefined && calls % failsEvery === 0;
    return { content: [{ type: 'text' as const, text: 'done' }], isError };
  };
  return (server) => {
    for (let index = 0; index < count; index += 1)
      server.registerTool(`tool-${index}`, { inputSchema: z.object({}) }, answer);
  };
}
