import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manage } from '../../helpers/manager.ts';
import { NpmServers } from '../../helpers/npm-servers.ts';
import { entry, type Json } from '../../helpers/signed-map.ts';

const servers = new NpmServers();
let entries: Json[] = [];

beforeAll(async () => {
  const [http, sse, memory] = await Promise.all([
    servers.everythingOverHttp(),
    servers.everythingOverSse(),
    servers.memoryBehindProxy(),
  ]);
  entries = [
    entry('everything', { endpoint: http }),
    entry('sse', { endpoint: sse }),
    entry('memory', { endpoint: memory }),
  ];
}, 60_000);
afterAll(() => servers[Symbol.dispose]());

const text = (result: { content: readonly { type: string }[] }): string => JSON.stringify(result.content);

describe('real servers from npm', () => {
  it('connectors for servers from npm come up from a signed map, each with its own protocol generation and transport', async () => {
    await using map = await manage(entries, { syncDeadlineMs: 20_000 });
    await map.manager.sync();
    const { connectors, toolCount } = map.manager.status();
    expect(
      connectors.map(({ id, state, era, transport, toolCount: tools }) => [id, state, era, transport, tools]),
    ).toEqual([
      ['everything', 'ready', 'legacy', 'streamable-http', 13],
      ['sse', 'ready', 'legacy', 'sse', 13],
      ['memory', 'ready', 'modern', 'streamable-http', 9],
    ]);
    expect([toolCount, map.manager.listTools().length]).toEqual([35, 35]);
  });

  it('servers from npm answer calls, and a failed tool leaves its connector ready', async () => {
    await using map = await manage(entries, { syncDeadlineMs: 20_000 });
    await map.manager.sync();
    expect(text(await map.manager.callTool('everything.echo', { message: 'hi' }))).toContain('Echo: hi');
    expect(text(await map.manager.callTool('sse.get-sum', { a: 2, b: 3 }))).toContain('The sum of 2 and 3 is 5');
    expect(await map.manager.callTool('memory.read_graph')).toMatchObject({
      structuredContent: { entities: [], relations: [] },
    });
    expect(await map.manager.callTool('everything.get-sum', { a: 'no number' })).toMatchObject({ isError: true });
    expect(map.manager.connector('everything')?.status?.state).toBe('ready');
  });

  it('a call to a server from npm reports progress, and can be aborted or time out', async () => {
    await using map = await manage(entries.slice(0, 1), { syncDeadlineMs: 20_000 });
    await map.manager.sync();
    const steps: number[] = [];
    const name = 'everything.trigger-long-running-operation';
    await map.manager.callTool(
      name,
      { duration: 0.3, steps: 3 },
      { onProgress: ({ progress }) => void steps.push(progress) },
    );
    expect(steps).toEqual([1, 2, 3]);
    const controller = new AbortController();
    const onProgress = (): void => controller.abort();
    const call = map.manager.callTool(name, { duration: 30, steps: 100 }, { signal: controller.signal, onProgress });
    await expect(call).rejects.toMatchObject({ code: 'TOOL_CALL_ABORTED' });
    await expect(map.manager.callTool(name, { duration: 30, steps: 3 }, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'TOOL_CALL_TIMEOUT',
    });
    expect(text(await map.manager.callTool('everything.echo', { message: 'still here' }))).toContain('still here');
  });

  it('if a new map lacks a server from npm, the tools of the server disappear, and its running calls fail', async () => {
    await using map = await manage(entries, { syncDeadlineMs: 20_000 });
    await map.manager.sync();
    const call = map.manager.callTool('everything.trigger-long-running-operation', { duration: 30, steps: 3 });
    call.catch(() => {});
    const disabled = { ...entries[1], status: 'disabled' };
    await map.publish([disabled, entries[2] ?? {}]);
    await expect(call).rejects.toMatchObject({ code: 'CONNECTOR_GONE' });
    expect(new Set(map.manager.listTools().map(({ connectorId }) => connectorId))).toEqual(new Set(['memory']));
    expect(map.manager.connector('everything')).toBeUndefined();
    expect(map.manager.connector('sse')?.status?.state).toBe('disabled');
    await expect(map.manager.callTool('everything.echo', {})).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
  });
});

it('a call fails when the event stream of a server from npm breaks, and the error says that the call may have run', async () => {
  using own = new NpmServers();
  await using map = await manage([entry('sse', { endpoint: await own.everythingOverSse(), transport: 'sse' })], {
    syncDeadlineMs: 20_000,
  });
  await map.manager.sync();
  const running = Promise.withResolvers<void>();
  const call = map.manager.callTool(
    'sse.trigger-long-running-operation',
    { duration: 20, steps: 100 },
    { onProgress: () => running.resolve() },
  );
  const lost = expect(call).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
  await running.promise;
  own[Symbol.dispose]();
  await lost;
});
