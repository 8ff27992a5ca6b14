import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { View } from '../../../../src/main/gateway/catalog/view.ts';
import type { Gateway } from '../../../../src/main/gateway/gateway.ts';
import type { Exchange } from '../../../../src/main/gateway/messages/exchange.ts';
import { StdioClient } from '../../../../src/main/gateway/stdio/stdio-client.ts';

it('a stdio client gets no notifications about a request that was answered, rejected or cancelled', async () => {
  const exchanges: Exchange[] = [];
  const serve = async (method: string, _: unknown, exchange: Exchange): Promise<object> => {
    exchanges.push(exchange);
    exchange.notify('notifications/progress', { progressToken: 1, progress: 1 });
    if (method === 'refused') throw Object.assign(new Error('no'), { code: -1 });
    if (method === 'cancelled')
      await new Promise<void>((resolve) => exchange.signal.addEventListener('abort', () => resolve()));
    return {};
  };
  const output = new PassThrough();
  let text = '';
  output.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const gateway = { server: { serve } } as unknown as Gateway;
  const options = { gateway, view: {} as View, input: new PassThrough(), output, maxMessageBytes: 1_000 };
  const client = new StdioClient(options);
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  for (const method of ['answered', 'refused', 'cancelled'])
    client.take(JSON.stringify({ jsonrpc: '2.0', id: method, method, params: { _meta: meta } }));
  const params = { requestId: 'cancelled' };
  client.take(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }));
  await new Promise((resolve) => setImmediate(resolve));
  expect(text.match(/notifications\/progress/g)).toHaveLength(3);
  const before = text;
  for (const exchange of exchanges) exchange.notify('notifications/progress', { progressToken: 1, progress: 2 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(text).toBe(before);
});
