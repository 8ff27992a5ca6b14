import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createMcpEndpoint } from '../../../../src/main/cli/demo/mcp-endpoint.ts';
import { postLegacy, postModern } from '../../../helpers/mcp-post.ts';

const server = createServer(
  createMcpEndpoint('test-server', [
    {
      name: 'double',
      description: 'Doubles a number.',
      inputSchema: z.object({ n: z.number() }),
      run: ({ n }) => String(Number(n) * 2),
    },
  ]),
);
let url = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
});
afterAll(() => void server.close());

describe('demo server endpoint', () => {
  it.each(['auto', 'legacy'] as const)(
    'the demo server works with a client of the official SDK whose version negotiation has the mode "%s"',
    async (mode) => {
      const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
      await client.connect(new StreamableHTTPClientTransport(new URL(url)));
      const { tools } = await client.listTools();
      expect(tools).toMatchObject([{ name: 'double', inputSchema: { required: ['n'] } }]);
      const { content } = await client.callTool({ name: 'double', arguments: { n: 21 } });
      expect(content).toEqual([{ type: 'text', text: '42' }]);
      expect(client.getServerVersion()).toMatchObject({ name: 'test-server' });
      await client.close();
    },
  );

  it('the demo server sends a TTL and a cache scope with its lists to modern clients', async () => {
    const { result } = await postModern(url, 'tools/list');
    expect(result).toMatchObject({ resultType: 'complete', ttlMs: 300_000, cacheScope: 'public' });
  });

  it('the demo server returns a tool error if the arguments of a call do not match the schema', async () => {
    const call = { name: 'double', arguments: { n: 'two' } };
    for (const { status, result } of [
      await postModern(url, 'tools/call', call),
      await postLegacy(url, 'tools/call', call),
    ])
      expect([status, result]).toMatchObject([200, { isError: true }]);
  });

  it('the demo server rejects unknown tools, methods and protocol versions, and headers that contradict the body', async () => {
    expect(await postModern(url, 'tools/call', { name: 'halve' })).toMatchObject({ error: { code: -32_602 } });
    expect(await postModern(url, 'prompts/list')).toMatchObject({ status: 404, error: { code: -32_601 } });
    expect(await postLegacy(url, 'server/discover')).toMatchObject({ status: 200, error: { code: -32_601 } });
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2030-01-01' };
    const other = await postModern(url, 'tools/list', {}, { meta });
    expect(other).toMatchObject({ status: 400, error: { code: -32_022, data: { supported: ['2026-07-28'] } } });
    const mismatch = await postModern(url, 'tools/list', {}, { headers: { 'mcp-method': 'tools/call' } });
    expect(mismatch).toMatchObject({ status: 400, error: { code: -32_020 } });
  });

  it('the demo server offers 2025-11-25 to a legacy client that requests an unknown version', async () => {
    const { result } = await postLegacy(url, 'initialize', { protocolVersion: '1999-01-01' });
    expect(result.protocolVersion).toBe('2025-11-25');
  });

  it.each([
    ['a notification', 'POST', '/mcp', '{"jsonrpc":"2.0","method":"notifications/initialized"}', {}, 202],
    ['text that is not JSON', 'POST', '/mcp', 'hello', {}, 400],
    ['a GET', 'GET', '/mcp', '', {}, 405],
    ['a request for another path', 'POST', '/', '{}', {}, 404],
    ['a request with a foreign host name (DNS rebinding)', 'POST', '/mcp', '{}', { host: 'evil.example' }, 403],
    ['a request from a page of another origin', 'POST', '/mcp', '{}', { origin: 'https://evil.example' }, 403],
  ])('the demo server answers %s with the right status', async (_, method, path, body, headers, status) => {
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(new URL(path, url), { method, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject).end(body);
    });
    expect(answered).toBe(status);
  });
});
