import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as jsonOf } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { getConnectorMetricsRegistry } from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { manage } from '../../helpers/manager.ts';
import { entry } from '../../helpers/signed-map.ts';

interface Message {
  readonly id?: number;
  readonly method?: string;
}

type OnCall = (stream: ServerResponse, message: Message) => void;

const event = (message: object): string =>
  `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;

/** Starts a server with the HTTP+SSE transport (MCP 2024-11-05). `onCall` answers its calls. */
async function sseServer(onCall: OnCall) {
  let stream: ServerResponse | null = null;
  const results: Record<string, object> = {
    initialize: {
      protocolVersion: '2024-11-05',
      capabilities: { tools: {} },
      serverInfo: { name: 'sse', version: '1' },
    },
    'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
  };
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: endpoint\ndata: /messages\n\n');
      return;
    }
    const message = (await jsonOf(request)) as Message;
    response.writeHead(202).end();
    if (stream === null) return;
    const result = results[message.method ?? ''];
    if (message.method === 'tools/call') onCall(stream, message);
    else if (result !== undefined) stream.write(event({ id: message.id, result }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function strays(): Promise<number> {
  const metric = await getConnectorMetricsRegistry().getSingleMetric('mcp_connector_stray_messages_total')?.get();
  return metric?.values[0]?.value ?? 0;
}

const answer = (id: unknown) => event({ id, result: { content: [{ type: 'text', text: 'ok' }] } } as object);

describe('faults over SSE', () => {
  it('fault 58: an endless SSE event fails its call when it reaches the size limit, and the connector reconnects', async () => {
    let calls = 0;
    await using server = await sseServer((stream, { id }) => {
      calls += 1;
      if (calls > 1) return void stream.write(answer(id));
      stream.write('data: ');
      const timer = setInterval(() => stream.write('x'.repeat(10_000)), 1);
      stream.on('close', () => clearInterval(timer));
    });
    const options = { maxResultBytes: 200_000, random: { next: () => 0 } };
    await using map = await manage([entry('one', { endpoint: server.url, transport: 'sse' })], options);
    await map.manager.sync();
    const states: string[] = [];
    map.manager.on('connector', ({ to, why }) => states.push(`${to}: ${why}`));
    await expect(map.manager.callTool('one.echo')).rejects.toMatchObject({
      code: 'TOOL_CALL_LOST',
      detail: { sent: 'maybe' },
      cause: { code: 'TOOL_RESULT_TOO_LARGE' },
    });
    await eventually('it is back', () => map.manager.connector('one')?.status?.state === 'ready');
    expect(states[0]).toContain('larger than 200000 bytes');
    await expect(map.manager.callTool('one.echo')).resolves.toMatchObject({ content: [{ text: 'ok' }] });
  });

  it('fault 58: the size limit applies to each event of an SSE stream and not to their sum', async () => {
    await using server = await sseServer((stream, { id }) => {
      for (let sent = 0; sent < 50; sent += 1)
        stream.write(event({ method: 'notifications/message', params: { text: 'x'.repeat(10_000) } }));
      stream.write(answer(id));
    });
    const one = entry('one', { endpoint: server.url, transport: 'sse' });
    await using map = await manage([one], { maxResultBytes: 100_000 });
    await map.manager.sync();
    await expect(map.manager.callTool('one.echo')).resolves.toMatchObject({ content: [{ text: 'ok' }] });
  });

  it('fault 62: SSE responses with an unknown, wrong or repeated id are ignored and counted', async () => {
    const before = await strays();
    await using server = await sseServer((stream, { id }) => {
      for (const wrong of [999, String(id), id, id]) stream.write(answer(wrong));
    });
    await using map = await manage([entry('one', { endpoint: server.url, transport: 'sse' })]);
    await map.manager.sync();
    await expect(map.manager.callTool('one.echo')).resolves.toMatchObject({ content: [{ text: 'ok' }] });
    await eventually('they are counted', async () => (await strays()) === before + 3);
  });
});
