import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { messageOf } from '../../src/shared/errors.ts';
import { killMarked } from './marked-processes.ts';
import type { ServerEntry } from './server-command.ts';
import { RUN_VARIABLE } from './server-command.ts';
import { within } from './within.ts';

/** A tool as the server sent it. */
export type Definition = Readonly<Record<string, unknown>> & { readonly name: string };

/** The result of listing a server's tools with the plain client of the official SDK. */
export interface SdkListing {
  /** Null if the server did not come up. */
  readonly tools: readonly Definition[] | null;
  readonly ms: number;
  readonly protocol: string | null;
  readonly error: string | null;
  /** The end of the server's stderr output. */
  readonly stderr: string;
}

const START_MS = 40_000;

/**
 * Starts a server, lists its tools and ends the server. First probes for the modern protocol. If this fails, tries
 * again without the probe.
 */
export async function listWithSdk(entry: ServerEntry): Promise<SdkListing> {
  const first = await listOnce(entry, 'auto');
  return first.tools === null ? listOnce(entry, 'legacy') : first;
}

async function listOnce(entry: ServerEntry, mode: 'auto' | 'legacy'): Promise<SdkListing> {
  const client = new Client({ name: 'server-tests', version: '1.0.0' }, { versionNegotiation: { mode } });
  const transport = new StdioClientTransport({ ...entry, stderr: 'pipe' });
  let stderr = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    stderr = `${stderr}${chunk.toString()}`.slice(-2_000);
  });
  const startedMs = performance.now();
  const result = (tools: readonly Definition[] | null, error: string | null): SdkListing => {
    const ms = performance.now() - startedMs;
    return { tools, ms, protocol: client.getNegotiatedProtocolVersion() ?? null, error, stderr: stderr.trim() };
  };
  try {
    return result(await within('the SDK', START_MS, connectAndList(client, transport)), null);
  } catch (error) {
    return result(null, messageOf(error));
  } finally {
    await within('the end of the SDK', 10_000, client.close()).catch(() => {});
    killMarked(entry.env[RUN_VARIABLE] ?? '');
  }
}

async function connectAndList(client: Client, transport: StdioClientTransport): Promise<Definition[]> {
  await client.connect(transport, { timeout: START_MS });
  const tools: Definition[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout: START_MS });
    tools.push(...(page.tools as unknown as Definition[]));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return JSON.parse(JSON.stringify(tools)) as Definition[];
}
