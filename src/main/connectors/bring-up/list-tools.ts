import { deadline } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { turns } from '../../../shared/turns.ts';
import type { DroppedDefinition, DropReason } from '../../mcp/definitions/definition.ts';
import { dropped, type ListedDefinition, readListItem } from '../../mcp/definitions/list-item.ts';
import { toolHeaders } from '../../mcp/tool-headers.ts';
import type { Connection, ConnectionFacts } from '../connection/connection.ts';

export interface ListLimits {
  readonly maxPages: number;
  readonly maxTools: number;
  /** Time limit for reading all pages of a tool list, in milliseconds. */
  readonly timeoutMs: number;
}

/** Maximum number of dropped tools that are reported by name, because a connector may list any number of tools. */
const MAX_DROPPED = 1_000;

/** A connector's tools, and the tools that were dropped. */
export interface ToolListing {
  readonly tools: readonly RemoteToolDefinition[];
  /** The reason why the list is incomplete; null if it is complete. */
  readonly cutBecause: string | null;
  /**
   * The first 1 000 dropped tools. A tool is dropped if it has no usable name or a duplicate name, is nested too deep,
   * or declares headers that cannot be sent. A tool with any other fault is kept.
   */
  readonly dropped: readonly DroppedDefinition[];
  /** The shortest TTL on any page of the list, in milliseconds; null if the server gave no TTL. */
  readonly ttlMs: number | null;
}

/** Returns the state of a connected connector with this tool list, and the reason for that state. */
export function stateOfListing({ tools, cutBecause }: ToolListing): readonly ['ready' | 'degraded', string] {
  if (cutBecause === null) return ['ready', `${tools.length} tools`];
  return ['degraded', `only ${tools.length} tools were read: ${cutBecause}`];
}

/**
 * Reads all pages of a connector's tool list. A repeated cursor, too many pages or too many tools end the reading
 * early; the tools read so far are returned. A tool that cannot be called, or has a duplicate name, is dropped; the
 * other tools are kept. Rejects with CONNECTOR_TIMEOUT, CONNECTOR_LIST_INVALID, CONNECTOR_CONNECT_FAILED or the
 * signal's reason.
 */
export async function listAllTools(
  connection: Connection,
  limits: ListLimits,
  signal: AbortSignal,
): Promise<ToolListing> {
  const listing = await readPages(connection, limits, signal);
  // The caller processes the whole list without a pause. If this turn of the event loop has already taken a long time,
  // a new turn begins first.
  if (turns.isOver) await turns.next();
  return listing;
}

async function readPages(connection: Connection, limits: ListLimits, signal: AbortSignal): Promise<ToolListing> {
  using limit = deadline(limits.timeoutMs, () => listTimeout(limits.timeoutMs), signal);
  const tools = new Map<string, RemoteToolDefinition>();
  const left: DroppedDefinition[] = [];
  let seen = 0;
  const seenCursors = new Set<string>();
  let cursor: string | null = null;
  let ttlMs: number | null = null;
  const listing = (cutBecause: string | null): ToolListing => ({
    tools: [...tools.values()],
    cutBecause,
    dropped: left,
    ttlMs,
  });
  for (let page = 1; ; page += 1) {
    const {
      tools: items,
      nextCursor,
      ttlMs: pageTtlMs,
    } = await connection.listToolsPage(cursor, {
      signal: limit.signal,
      timeoutMs: limits.timeoutMs,
    });
    if (pageTtlMs !== null) ttlMs = Math.min(pageTtlMs, ttlMs ?? pageTtlMs);
    for (const item of items) {
      // There may be thousands of tools. If parsing them has taken long enough for one turn of the event loop, the rest
      // is parsed in another turn.
      if (turns.isOver) await turns.next();
      seen += 1;
      if (seen > limits.maxTools) return listing(`it has more than ${limits.maxTools} tools`);
      const read = readListItem('tool', item);
      const reason = read.kind === 'dropped' ? read.reason : callFault(read, tools, connection.facts);
      if (reason === null) tools.set(read.name, item as RemoteToolDefinition);
      else if (left.length < MAX_DROPPED) left.push(dropped('tool', read.name, reason));
    }
    if (nextCursor === null) return listing(null);
    if (seenCursors.has(nextCursor)) return listing('it repeated a cursor');
    if (page === limits.maxPages) return listing(`it has more than ${limits.maxPages} pages`);
    seenCursors.add(nextCursor);
    cursor = nextCursor;
  }
}

/** Returns why a tool with a valid name cannot be called; null if it can be called. */
function callFault(
  { definition, name }: ListedDefinition,
  tools: ReadonlyMap<string, RemoteToolDefinition>,
  { era, transport }: ConnectionFacts,
): DropReason | null {
  if (tools.has(name)) return 'duplicate';
  // Over HTTP, a modern client must drop a tool that declares headers which cannot be sent (MCP 2026-07-28, custom
  // headers).
  if (era !== 'modern' || transport !== 'streamable-http') return null;
  return toolHeaders(definition as RemoteToolDefinition).kind === 'declared' ? null : 'headers';
}

function listTimeout(timeoutMs: number): Error {
  return new SwitchyardError('CONNECTOR_TIMEOUT', `The tool list did not arrive within ${timeoutMs} ms.`, {
    detail: { phase: 'list', timeoutMs },
  });
}
