import { describe, expect, it } from 'vitest';
import type { ToolDescriptor, ToolRegistry } from '../../../src/main/options/host-interfaces.ts';
import { HostRegistry } from '../../../src/main/tools/host-registry.ts';
import { listedTool } from '../../../src/main/tools/tool-info.ts';
import { normalizeEntry, type RawEntry } from '../../../src/shared/map/service-map.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { toolNamed } from '../../helpers/scripted-connection.ts';
import { entry, type Json } from '../../helpers/signed-map.ts';

const toolOf = (overrides: Json = {}) =>
  listedTool(normalizeEntry(entry('a', overrides) as RawEntry, 300), { ...toolNamed('x'), description: 'd' }, 'brand');

function setUp(registry: ToolRegistry) {
  const calls: [string, unknown][] = [];
  const logger = recordingLogger();
  const host = new HostRegistry({
    registry,
    logger,
    callTool: async (name, args) => {
      calls.push([name, args]);
      return { content: [] };
    },
  });
  return { host, calls, events: () => logger.lines.map(({ fields }) => fields.event) };
}

describe('HostRegistry', () => {
  it("a listed tool is described to the host's registry, with the author named in the entry", () => {
    const registered: ToolDescriptor[] = [];
    const { host } = setUp({ registerTool: (descriptor) => void registered.push(descriptor) });
    host.listed(toolOf({ metadata: { brand: 'me' } }));
    host.listed(toolOf());
    const tags = ['scope:read', 'connector:a', 'connectorName:Connector a', 'brand:brand'];
    expect(registered).toMatchObject([
      {
        name: 'a.x',
        description: 'd',
        inputSchema: { type: 'object' },
        metadata: { connectorId: 'a', author: 'me', tags },
      },
      { metadata: { connectorId: 'a', tags } },
    ]);
    expect(registered[1]?.metadata).not.toHaveProperty('author');
  });

  it("the host's registry gets a handler that calls the tool by its namespaced name", async () => {
    const registered: ToolDescriptor[] = [];
    const { host, calls } = setUp({ registerTool: (descriptor) => void registered.push(descriptor) });
    host.listed(toolOf());
    await registered[0]?.handler({ q: 1 });
    expect(calls).toEqual([['a.x', { q: 1 }]]);
  });

  it("a tool is removed from the host's registry when it is no longer listed", () => {
    const removed: string[] = [];
    const { host } = setUp({ registerTool: () => {}, removeTool: (name) => void removed.push(name) });
    host.unlisted('a.x');
    expect(removed).toEqual(['a.x']);
  });

  it("an error is logged if the host's registry rejects a tool, and the next tools are still registered", async () => {
    const { host, events } = setUp({ registerTool: (() => Promise.reject(new Error('full'))) as () => void });
    host.listed(toolOf());
    await new Promise((resolve) => setImmediate(resolve));
    expect(events()).toEqual(['registry-threw']);
  });

  it("an error is logged if the host's registry throws, and a registry without removeTool is supported", () => {
    const { host, events } = setUp({
      registerTool() {
        throw new Error('full');
      },
    });
    host.listed(toolOf());
    host.unlisted('a.x');
    expect(events()).toEqual(['registry-threw']);
  });
});
