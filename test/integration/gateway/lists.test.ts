import { describe, expect, it } from 'vitest';
import { startConformanceServer } from '../../fixtures/conformance-server/start.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ReplicaSet } from '../../helpers/fleet/replica-set.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { LocalFile } from '../../helpers/local-file.ts';
import { postLegacy } from '../../helpers/mcp-post.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';

describe('lists of a gateway', () => {
  it('tools/list of the gateway lists the tools of every connector, even if one of them has 12 MB of tools', async () => {
    const tools = Array.from({ length: 60 }, (_, index) => ({
      ...{ name: `t${index}`, inputSchema: { type: 'object' } },
      description: 'x'.repeat(index === 7 ? 300_000 : 200_000),
    }));
    await using server = await RawMcpServer.start({ 'tools/list': ({ result }) => result({ tools }) });
    await using other = await RawMcpServer.start();
    await using world = await startGateway({ big: remote(server), small: remote(other) });
    const url = `${world.listener.url}/mcp`;
    await eventually('both connectors are listed', () => world.manager.listTools().length >= 60);
    const names: string[] = [];
    let cursor: unknown;
    do {
      const { result } = await postLegacy(url, 'tools/list', cursor === undefined ? {} : { cursor });
      expect(JSON.stringify(result).length).toBeLessThan(5_000_000);
      names.push(...(result.tools as { name: string }[]).map(({ name }) => name));
      cursor = result.nextCursor;
    } while (cursor !== undefined);
    expect([names.length, names.includes('big__t7'), names.at(-1)]).toEqual([60, false, 'small__echo']);
  });

  it('a filtered route reveals no hidden tools or templates, not even in a cursor or a completion', async () => {
    await using fixture = await startConformanceServer();
    const many = Array.from({ length: 1_200 }, (_, index) => ({
      name: `t${String(index).padStart(4, '0')}`,
      inputSchema: { type: 'object' },
    }));
    await using server = await RawMcpServer.start({ 'tools/list': ({ result }) => result({ tools: many }) });
    await using world = await startGateway(
      { a: remote(server), fx: remote(fixture) },
      { gateway: { routes: { some: ['a__*', '!a__t0999', '!a__t1000'] } } },
    );
    const url = `${world.listener.url}/r/some/mcp`;
    const { result } = await postLegacy(url, 'tools/list');
    expect(Buffer.from(String(result.nextCursor), 'base64url').toString()).not.toMatch(/t0999|t1000/);
    const ref = { type: 'ref/resource', uri: 'fx+test://template/{id}/data' };
    expect(
      (await postLegacy(url, 'completion/complete', { ref, argument: { name: 'id', value: '1' } })).error.code,
    ).toBe(-32_602);
  });

  it('prompts and completions work right after a restart of the gateway, although only tools are stored', async () => {
    await using fixture = await startConformanceServer();
    using file = new LocalFile({ fx: remote(fixture) });
    const args = ['--config', file.path, '--ready-for', 'all'];
    await using gateway = await ReplicaSet.start({ count: 1, args, redisUrl: null });
    const [url = ''] = gateway.urls;
    await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok);
    await gateway.stop(0);
    await gateway.start(0);
    const ref = { type: 'ref/prompt', name: 'fx__test_prompt_with_arguments' };
    const completed = postLegacy(`${url}/mcp`, 'completion/complete', { ref, argument: { name: 'arg1', value: 'p' } });
    const got = postLegacy(`${url}/mcp`, 'prompts/get', { name: 'fx__test_simple_prompt' });
    expect([(await completed).error, (await got).error]).toEqual([undefined, undefined]);
  });
});
