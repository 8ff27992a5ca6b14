import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { DefinitionKind } from '../../src/main/mcp/definitions/definition.ts';
import type { WireRevision } from '../../src/main/mcp/definitions/wire-revision.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * A client from the official SDK. It returns lists as the SDK parses them. One unreadable entry makes the SDK reject
 * the whole list.
 */
export interface OfficialClient extends AsyncDisposable {
  readonly name: string;
  readonly revision: WireRevision;
  list(kind: DefinitionKind): Promise<readonly Json[]>;
}

interface Lister extends Pick<Client2, 'close'> {
  listTools(params?: object): Promise<{ tools: unknown[]; nextCursor?: string | undefined }>;
  listPrompts(params?: object): Promise<{ prompts: unknown[]; nextCursor?: string | undefined }>;
  listResources(params?: object): Promise<{ resources: unknown[]; nextCursor?: string | undefined }>;
  listResourceTemplates(params?: object): Promise<{ resourceTemplates: unknown[]; nextCursor?: string | undefined }>;
}

/**
 * Connects official clients to a server that supports all protocol revisions: one for each SDK line and protocol
 * generation, and one for each older revision.
 */
export async function connectOfficialClients(url: string): Promise<readonly OfficialClient[]> {
  const address = new URL(url);
  const first = new Client1({ name: 'sdk-1', version: '1.0.0' });
  // The cast is needed because the SDK declares `sessionId` with a slightly different type.
  await first.connect(new Http1(address) as Parameters<typeof first.connect>[0]);
  const legacy = async (version: WireRevision): Promise<Client2> => {
    const options = { supportedProtocolVersions: [version], versionNegotiation: { mode: 'legacy' } } as const;
    const client = new Client2(
      { name: 'sdk-2', version: '2.0.0' },
      { ...options, supportedProtocolVersions: [version] },
    );
    await client.connect(new Http2(address));
    return client;
  };
  const modern = new Client2(
    { name: 'sdk-2', version: '2.0.0' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  await modern.connect(new Http2(address));
  return [
    officialClient('1.x', '2025-11-25', first as unknown as Lister),
    officialClient('2.x legacy', '2025-03-26', await legacy('2025-03-26')),
    officialClient('2.x legacy', '2025-06-18', await legacy('2025-06-18')),
    officialClient('2.x legacy', '2025-11-25', await legacy('2025-11-25')),
    officialClient('2.x modern', '2026-07-28', modern),
  ];
}

function officialClient(name: string, revision: WireRevision, client: Lister): OfficialClient {
  const readers: Readonly<Record<DefinitionKind, (params: object) => Promise<{ items: unknown[]; next?: unknown }>>> = {
    tool: async (params) => {
      const { tools, nextCursor } = await client.listTools(params);
      return { items: tools, next: nextCursor };
    },
    prompt: async (params) => {
      const { prompts, nextCursor } = await client.listPrompts(params);
      return { items: prompts, next: nextCursor };
    },
    resource: async (params) => {
      const { resources, nextCursor } = await client.listResources(params);
      return { items: resources, next: nextCursor };
    },
    template: async (params) => {
      const { resourceTemplates, nextCursor } = await client.listResourceTemplates(params);
      return { items: resourceTemplates, next: nextCursor };
    },
  };
  return {
    name: `${name} ${revision}`,
    revision,
    async list(kind) {
      const all: unknown[] = [];
      let cursor: unknown;
      do {
        const { items, next } = await readers[kind](cursor === undefined ? {} : { cursor });
        all.push(...items);
        // SDK 2.x reads all pages itself.
        cursor = name.startsWith('1') ? next : undefined;
      } while (cursor !== undefined);
      return all as Json[];
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
