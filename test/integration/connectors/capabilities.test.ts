import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { manageFile } from '../../helpers/local-file.ts';
import { manage } from '../../helpers/manager.ts';
import { type Answer, connectRaw, RawMcpServer } from '../../helpers/raw-mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const SCRIPTED = fileURLToPath(new URL('../../fixtures/stdio/scripted-server.ts', import.meta.url));
const unknown: Answer = ({ response, message }) => {
  const error = { code: -32_601, message: 'Method not found' };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
};
const ERAS: Record<string, (capabilities: unknown) => Record<string, Answer>> = {
  legacy: (capabilities) => ({
    initialize: ({ result }) => result({ protocolVersion: '2025-11-25', capabilities }),
  }),
  modern: (capabilities) => ({
    'server/discover': ({ result }) => result({ supportedVersions: ['2026-07-28'], capabilities }),
  }),
};
const declaring = (era: string, capabilities: unknown): Record<string, Answer> => ({
  ...ERAS[era]?.(capabilities),
  'tools/list': unknown,
  'prompts/list': ({ result }) => result({ prompts: [{ name: 'p' }] }),
});

describe.each(['legacy', 'modern'])('a %s server over HTTP', (era) => {
  it.each([
    ['only prompts', { prompts: { listChanged: true } }],
    ['empty capabilities', {}],
    ['tools as null', { tools: null, prompts: {} }],
    ['no capabilities at all', undefined],
  ])(
    'an HTTP server that declares %s is ready without tools, and gets only one tools/list request',
    async (_, capabilities) => {
      await using server = await RawMcpServer.start(declaring(era, capabilities));
      await using map = await manage([entry('one', { endpoint: server.url.href })]);
      await map.manager.sync();
      expect(map.manager.connector('one')?.status).toMatchObject({ state: 'ready', toolCount: 0 });
      await expect(map.manager.request('one', 'prompts/list', {})).resolves.toMatchObject({ prompts: [{ name: 'p' }] });
      await map.manager.sync(true);
      expect(server.of('tools/list')).toHaveLength(1);
    },
  );

  it.each([
    ['true', true],
    ['an empty array', []],
  ])(
    'an HTTP server that declares "tools" as %s gets tools/list requests, although the value should be an object',
    async (_, tools) => {
      const listing: Answer = ({ result }) => result({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] });
      await using server = await RawMcpServer.start({ ...declaring(era, { tools }), 'tools/list': listing });
      await using map = await manage([entry('one', { endpoint: server.url.href })]);
      await map.manager.sync();
      expect(map.manager.connector('one')?.status).toMatchObject({ state: 'ready', toolCount: 1 });
    },
  );

  it('an HTTP server that offers no resource subscriptions gets no subscribe request', async () => {
    await using server = await RawMcpServer.start(declaring(era, { resources: {} }));
    await using raw = await connectRaw(server);
    const limits = { signal: AbortSignal.timeout(5_000), timeoutMs: 5_000 };
    await expect(raw.connection.watchResource('x://y', limits)).rejects.toMatchObject({
      code: 'TOOL_CALL_REJECTED',
      detail: { rpcCode: -32_601 },
    });
    expect([server.of('resources/subscribe'), server.of('subscriptions/listen')]).toEqual([[], []]);
  });

  it('an HTTP server that does not announce changes of its tools gets no request for a notification stream', async () => {
    await using quiet = await RawMcpServer.start(declaring(era, { tools: {}, prompts: { listChanged: true } }));
    await using telling = await RawMcpServer.start(declaring(era, { tools: { listChanged: true } }));
    await using _one = await connectRaw(quiet);
    await using _two = await connectRaw(telling);
    const streams = (server: RawMcpServer): number =>
      server.of('GET').length + server.of('subscriptions/listen').length;
    await eventually('the other has a stream', () => streams(telling) > 0);
    expect(streams(quiet)).toBe(0);
  });
});

it('a stdio server that declares no tools is ready without tools, and gets no tools/list', async () => {
  using folder = new TempDir();
  const seen = join(folder.path, 'seen');
  const answered = (result: string): string[] => [`{"jsonrpc":"2.0","id":"$id","result":${result}}`];
  const script = {
    'server/discover': ['{"jsonrpc":"2.0","id":"$id","error":{"code":-32601,"message":"no"}}'],
    initialize: answered('{"protocolVersion":"2025-06-18","capabilities":{"prompts":{}}}'),
    'tools/list': ['{"jsonrpc":"2.0","id":"$id","error":{"code":-32601,"message":"no"}}'],
    'prompts/list': answered('{"prompts":[{"name":"p"}]}'),
  };
  const command = { command: process.execPath, args: [SCRIPTED, JSON.stringify(script)], env: { SEEN: seen } };
  await using file = manageFile({ one: command });
  await file.manager.sync();
  await file.manager.ready('one');
  expect(file.manager.connector('one')?.status).toMatchObject({ state: 'ready', toolCount: 0 });
  await expect(file.manager.request('one', 'prompts/list', {})).resolves.toEqual({ prompts: [{ name: 'p' }] });
  expect(existsSync(seen) && readFileSync(seen, 'utf8')).not.toContain('tools/list');
});
