import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { type GatewayWorld, remote, startGateway } from '../../helpers/gateway-world.ts';
import { postLegacy } from '../../helpers/mcp-post.ts';
import { type Answer, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

/** Answers of a connector with these tools. Each result contains the name of the connector. */
function saying(who: string, ...names: readonly string[]): Readonly<Record<string, Answer>> {
  const tools = names.map((name) => ({ name, description: `of ${who}`, inputSchema: { type: 'object' } }));
  return {
    'tools/list': ({ result }) => result({ tools }),
    'tools/call': ({ result, message }) =>
      result({ content: [{ type: 'text', text: `${who}: ${String(message.params?.name)}` }] }),
  };
}

interface Tool {
  readonly name: string;
  readonly description: string;
}

async function listed({ listener }: GatewayWorld): Promise<readonly Tool[]> {
  return (await postLegacy(`${listener.url}/mcp`, 'tools/list')).result.tools as readonly Tool[];
}

/** Calls each listed tool, and checks that the connector named in its description answers. */
async function answers(world: GatewayWorld): Promise<readonly string[]> {
  const tools = await listed(world);
  const said = tools.map(async ({ name, description }) => {
    const { result, error } = await postLegacy(`${world.listener.url}/mcp`, 'tools/call', { name });
    const text = (result?.content as [{ readonly text: string }] | undefined)?.[0].text ?? error.message;
    expect(`of ${text.split(':', 1)[0]}`).toBe(description);
    return text;
  });
  return (await Promise.all(said)).sort();
}

describe('tools of two connectors where one connector id begins with the other', () => {
  it.each([
    ['together', ['a', 'a.bank'], ['a', 'a.bank']],
    ['with the shorter id first', ['a'], ['a', 'a.bank']],
    ['with the longer id first', ['a.bank'], ['a', 'a.bank']],
  ])(
    'calls to connectors "a" and "a.bank" reach the connector that lists the tool, when they come up %s',
    async (_, first, then) => {
      await using a = await RawMcpServer.start(saying('a', 'bank.pay', 'plain', 'other.one'));
      await using bank = await RawMcpServer.start(saying('a.bank', 'pay', 'look'));
      const entries = (ids: readonly string[]) =>
        Object.fromEntries(ids.map((id) => [id, remote(id === 'a' ? a : bank)] as const));
      await using world = await startGateway(entries(first));
      await eventually('the first are listed', async () => (await listed(world)).length >= 2);
      world.file.write(entries(then));
      await world.manager.reload();
      await eventually('both are listed', async () => (await listed(world)).length === 4);
      expect(await answers(world)).toEqual(['a.bank: look', 'a.bank: pay', 'a: other.one', 'a: plain']);
      world.file.write(entries(['a']));
      await world.manager.reload();
      await eventually('one is gone', async () => (await listed(world)).length === 3);
      expect(await answers(world)).toEqual(['a: bank.pay', 'a: other.one', 'a: plain']);
    },
  );

  it('tool "bank.pay" of connector "a" is hidden while connector "a.bank" exists but has not listed its tools', async () => {
    await using a = await RawMcpServer.start(saying('a', 'bank.pay', 'plain'));
    await using bank = await RawMcpServer.start({ ...saying('a.bank', 'pay'), 'tools/list': () => {} });
    await using world = await startGateway({ a: remote(a) });
    expect(await answers(world)).toEqual(['a: bank.pay', 'a: plain']);
    const shown = (await listed(world)).map(({ name }) => name);
    world.file.write({ a: remote(a), 'a.bank': remote(bank) });
    void world.manager.reload();
    await eventually('it is known', () => world.manager.has('a.bank'));
    expect(await answers(world)).toEqual(['a: plain']);
    for (const name of shown.filter((name) => !name.endsWith('plain')))
      expect((await postLegacy(`${world.listener.url}/mcp`, 'tools/call', { name })).error.code).toBe(-32_602);
    expect(world.manager.tool('a.bank.pay')).toBeUndefined();
  });
});
