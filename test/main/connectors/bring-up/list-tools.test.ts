import { describe, expect, it } from 'vitest';
import { listAllTools } from '../../../../src/main/connectors/bring-up/list-tools.ts';
import type { Connection } from '../../../../src/main/connectors/connection/connection.ts';

const limits = { maxPages: 5, maxTools: 100, timeoutMs: 1_000 };
const { signal } = new AbortController();
const tool = (name: string): object => ({ name, inputSchema: { type: 'object' } });

/** Creates a connection that returns these pages of tools. The cursor of a page is its index. */
function paged(pages: readonly (readonly unknown[])[], nextOf: (page: number) => string | null): Connection {
  return {
    facts: { era: 'legacy', transport: 'custom', protocolVersion: null, serverName: null, capabilities: {} },
    listToolsPage: async (cursor) => {
      const page = Number(cursor ?? 0);
      return { tools: pages[page % pages.length] ?? [], nextCursor: nextOf(page), ttlMs: null };
    },
    callTool: () => Promise.reject(new Error('not here')),
    request: () => Promise.reject(new Error('not here')),
    watchResource: () => Promise.reject(new Error('not here')),
    close: async () => {},
  };
}

describe('listAllTools', () => {
  it('listAllTools() returns the tools of all pages', async () => {
    const connection = paged([[tool('a'), tool('b')], [tool('c')], [tool('d')]], (page) =>
      page < 2 ? String(page + 1) : null,
    );
    const { tools, cutBecause } = await listAllTools(connection, limits, signal);
    expect([tools.map(({ name }) => name), cutBecause]).toEqual([['a', 'b', 'c', 'd'], null]);
  });

  it('listAllTools() stops at a repeated cursor and keeps the tools read so far', async () => {
    const { tools, cutBecause } = await listAllTools(
      paged([[tool('a')]], () => '0'),
      limits,
      signal,
    );
    expect([tools.length, cutBecause]).toEqual([1, 'it repeated a cursor']);
  });

  it('listAllTools() stops after the maximum number of pages', async () => {
    const pages = Array.from({ length: 10 }, (_, page) => [tool(`t${page}`)]);
    const { tools, cutBecause } = await listAllTools(
      paged(pages, (page) => String(page + 1)),
      limits,
      signal,
    );
    expect([tools.length, cutBecause]).toEqual([5, 'it has more than 5 pages']);
  });

  it('listAllTools() stops at the maximum number of tools', async () => {
    const many = Array.from({ length: 101 }, (_, i) => tool(`t${i}`));
    const { tools, cutBecause } = await listAllTools(
      paged([many], () => null),
      limits,
      signal,
    );
    expect([tools.length, cutBecause]).toEqual([100, 'it has more than 100 tools']);
  });

  it('listAllTools() drops tools that are repeated, not objects, badly named or nested too deeply, and keeps the rest', async () => {
    const page = [
      tool('good'),
      tool('good'),
      tool('a name: für alle'),
      { name: 'no-schema' },
      null,
      'echo',
      [tool('nested')],
      tool('a\u0000b'),
      tool('x'.repeat(1_025)),
      { inputSchema: {} },
      { ...tool('deep'), inputSchema: JSON.parse(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`) },
      tool('fine'),
    ];
    const { tools, dropped } = await listAllTools(
      paged([page], () => null),
      limits,
      signal,
    );
    expect(tools.map(({ name }) => name)).toEqual(['good', 'a name: für alle', 'no-schema', 'fine']);
    expect(dropped.map(({ name, reason }) => `${name.slice(0, 10)}: ${reason}`)).toEqual([
      'good: duplicate',
      '(no name): not-an-object',
      '(no name): not-an-object',
      '(no name): not-an-object',
      'a\ufffdb: name',
      'xxxxxxxxxx: name',
      '(no name): name',
      'deep: too-deep',
    ]);
  });
});
