import { expect, it } from 'vitest';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { postLegacy } from '../../helpers/mcp-post.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';

it('tool names that nearly match a pattern with many stars do not make the gateway slow', async () => {
  const tools = [{ name: 'a'.repeat(100) }, { name: 'a'.repeat(1_000) }, { name: `${'a'.repeat(50)}b` }];
  await using server = await RawMcpServer.start({
    'tools/list': ({ result }) =>
      result({ tools: tools.map((tool) => ({ ...tool, inputSchema: { type: 'object' } })) }),
  });
  const slow = `${'*a'.repeat(12)}*b`;
  const gateway = { tools: [slow], routes: { r: [`!${'?*'.repeat(200)}c`] } };
  const startedMs = performance.now();
  await using world = await startGateway({ x: remote(server) }, { gateway });
  for (const path of ['/mcp', '/r/r/mcp', '/c/x/mcp']) {
    const { result } = await postLegacy(world.listener.url + path, 'tools/list');
    expect(result.tools).toHaveLength(1);
  }
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

it('a tool pattern with too many alternatives is rejected when the gateway is created', async () => {
  await expect(startGateway({}, { gateway: { tools: ['{a,b}'.repeat(20)] } })).rejects.toMatchObject({
    code: 'OPTIONS_INVALID',
  });
});
