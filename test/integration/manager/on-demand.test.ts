import { describe, expect, it } from 'vitest';
import { manageFile } from '../../helpers/local-file.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';

const addTool = (server: Parameters<Parameters<typeof TestMcpServer.start>[0]>[0]): void =>
  void server.registerTool('t', {}, () => ({ content: [{ type: 'text', text: 'called' }] }));

describe('a manager that connects on demand', () => {
  it('with the option `connect: "on-demand"`, a manager connects a connector only when it is needed', async () => {
    await using server = await TestMcpServer.start(addTool);
    await using other = await TestMcpServer.start(addTool);
    await using files = manageFile({ a: { url: server.url }, b: { url: other.url } }, { connect: 'on-demand' });
    const { manager, file } = files;
    await manager.sync();
    expect(manager.listConnectors().map(({ id }) => id)).toEqual(['a', 'b']);
    expect(manager.status().connectors).toEqual([]);
    expect(server.requests).toEqual([]);
    await manager.ready('a');
    expect(await manager.callTool('a.t')).toMatchObject({ content: [{ text: 'called' }] });
    file.write({ a: { url: server.url, headers: { 'x-changed': '1' } }, b: { url: `${other.url}?changed` } });
    await manager.reload();
    await manager.ready('a');
    expect(manager.status().connectors.map(({ id, state }) => [id, state])).toEqual([['a', 'ready']]);
    expect(other.requests).toEqual([]);
    file.write({});
    await manager.reload();
    expect(manager.status().connectors).toEqual([]);
  });

  it('with the option `connect: "on-demand"`, request() connects the connector that it needs', async () => {
    await using server = await TestMcpServer.start(addTool);
    await using files = manageFile({ a: { url: server.url } }, { connect: 'on-demand' });
    await files.manager.sync();
    expect(await files.manager.request('a', 'tools/list')).toMatchObject({ tools: [{ name: 't' }] });
  });

  it('without the option `connect`, a manager connects to all connectors when it syncs', async () => {
    await using server = await TestMcpServer.start(addTool);
    await using files = manageFile({ a: { url: server.url } });
    await files.manager.sync();
    expect(files.manager.status().connectors.map(({ state }) => state)).toEqual(['ready']);
  });
});
