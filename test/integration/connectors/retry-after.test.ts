import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { manage } from '../../helpers/manager.ts';
import { type Answer, RawMcpServer } from '../../helpers/raw-mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';

const busy =
  (seconds: string): Answer =>
  ({ response }) =>
    void response.writeHead(429, { 'retry-after': seconds }).end();
const eager = { random: { next: () => 0.01 } };

describe.concurrent('a connector whose server sends Retry-After', () => {
  it.each([
    // tools/list is sent in parallel to server/discover, and again right after notifications/initialized.
    ['server/discover', { 'server/discover': busy('30') }, 2],
    ['initialize', { initialize: busy('30') }, 3],
    ['notifications/initialized', { 'notifications/initialized': busy('30') }, 5],
    ['tools/list', { 'tools/list': busy('30') }, 5],
  ] as [string, Record<string, Answer>, number][])(
    'sync() and calls send nothing to a server before the `Retry-After` time of its response to %s is over',
    async (_, answers, requests) => {
      await using server = await RawMcpServer.start(answers);
      await using map = await manage([entry('one', { endpoint: server.url.href })], eager);
      await map.manager.sync();
      for (let round = 0; round < 3; round += 1) {
        await map.manager.sync(true);
        await map.manager.callTool('one.echo').catch(() => {});
        // Waits long enough for another attempt. Without `Retry-After`, one would follow after 5 ms.
        await sleep(700);
      }
      expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(requests);
      expect(map.manager.connector('one')?.status).toMatchObject({ state: 'backing-off' });
    },
    15_000,
  );

  it('a connector whose server sent `Retry-After` connects again when the time in that header is over', async () => {
    await using server = await RawMcpServer.start();
    const { initialize } = server.answers;
    server.answers.initialize = (request) =>
      (server.of('initialize').length === 1 ? busy('2') : (initialize as Answer))(request);
    const startedMs = performance.now();
    await using map = await manage([entry('one', { endpoint: server.url.href })], eager);
    await map.manager.sync();
    await map.manager.ready('one', { timeoutMs: 10_000 });
    expect(performance.now() - startedMs).toBeGreaterThan(1_990);
    expect(server.of('initialize')).toHaveLength(2);
  }, 15_000);

  it('a connector keeps its tools if its server answers tools/list with `Retry-After`, and waits for that time', async () => {
    await using server = await RawMcpServer.start();
    const { 'tools/list': list } = server.answers;
    server.answers['tools/list'] = (request) =>
      (server.of('tools/list').length === 2 ? busy('2') : (list as Answer))(request);
    await using map = await manage([entry('one', { endpoint: server.url.href, era: 'legacy' })], eager);
    await map.manager.sync();
    await map.manager.sync(true);
    await map.manager.sync(true);
    expect([server.of('tools/list').length, map.manager.listTools().length]).toEqual([2, 1]);
    await eventually('they are read again', () => server.of('tools/list').length === 3, 10_000);
  }, 20_000);
});
