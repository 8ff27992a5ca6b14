import type { DefinitionKind } from '../../src/main/mcp/definitions/definition.ts';
import { type Answer, RawMcpServer } from './raw-mcp-server.ts';

/** The lists of a server, by kind. Items may be anything. */
export type Lists = Partial<Record<DefinitionKind, readonly unknown[]>>;

/** Starts a legacy server with these lists, which are sent unchanged. */
export function startListing(lists: Lists): Promise<RawMcpServer> {
  const capabilities = { tools: {}, prompts: {}, resources: {} };
  const listed =
    (member: string, kind: DefinitionKind): Answer =>
    ({ result }) =>
      result({ [member]: lists[kind] ?? [] });
  return RawMcpServer.start({
    initialize: ({ result }) =>
      result({ protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'lists', version: '1' } }),
    'tools/list': listed('tools', 'tool'),
    'prompts/list': listed('prompts', 'prompt'),
    'resources/list': listed('resources', 'resource'),
    'resources/templates/list': listed('resourceTemplates', 'template'),
  });
}
