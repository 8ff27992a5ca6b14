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
  /** For all pages together. */
  readonly timeoutMs: number;
}

/** At most this many tools that were left out are named; a connector may list any number. */
const MAX_DROPPED = 1_000;

/** A connector's tools, and what was left out of them. */
export interface ToolListing {
  readonly tools: readonly RemoteToolDefinition[];
  /** Why the list is not the whole one; null if it is. */
  readonly cutBecause: string | null;
  /**
   * Tools that were left out: without a usable name, with a name that came before, nested too deep, or with headers
   * that cannot be sent. The first 1 000. A tool that is only invalid is not left out.
   */
  readonly dropped: readonly DroppedDefinition[];
  /** For how long the server says the list holds: the shortest of its pages; null if it does not. */
  readonly ttlMs: number | null;
}

/** How a connector with this list is, and why. */
export function stateOfListing({ tools, cutBecause }: ToolListing): readonly ['ready' | 'degraded', string] {
  if (cutBecause === null) return ['ready', `${tools.length} tools`];
  return ['degraded', `only ${tools.length} tools were read: ${cutBecause}`];
}

/**
 * Reads all pages of a connector's tool list. A cursor that comes twice, too many pages or too many tools end it early:
 * what was read counts. A tool that cannot be called, or has a name that came before, is left out alone.
 * Rejects with CONNECTOR_TIMEOUT, CONNECTOR_LIST_INVALID, CONNECTOR_CONNECT_FAILED or the signal's reason.
 */
export async function listAllTools(
  connection: Connection,
  limits: ListLimits,
  signal: AbortSignal,
): Promise<ToolListing> {
  const listing = await readPages(connection, limits, signal);
  // What takes the list over goes through all of it in one turn of the event loop.
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
      // Parsing thousands of tools took long enough.
      if (turns.isOver) await turns.next();
      seen += 1;
      if (seen > limits.maxTools) return listing(`it has more than ${limits.maxTools} tools`);
      const read = readListItem('tool', item);
      const reason = read.kind === 'dropped' ? read.reason : callFault(read, tools, connection.facts);
      if (reason === null) tools.set(read.name, item as RemoteToolDefinition);
      else if (left.length < MAX_DROPPED) left.push(dropped('tool', read.name, reason));
    }
    if (nextCursor === null) return listing(null);
    if (seenCursors.has(nextCursor)) return listing('its cursor came twice');
    if (page === limits.maxPages) return listing(`it has more than ${limits.maxPages} pages`);
    seenCursors.add(nextCursor);
    cursor = nextCursor;
  }
}

/** Why a tool cannot be called although it has a name; null if it can. */
function callFault(
  { definition, name }: ListedDefinition,
  tools: ReadonlyMap<string, RemoteToolDefinition>,
  { era, transport }: ConnectionFacts,
): DropReason | null {
  if (tools.has(name)) return 'duplicate';
  // Over HTTP such a tool cannot be called as it wants to be, and a client must leave it out (MCP 2026-07-28, custom
  // headers).
  if (era !== 'modern' || transport !== 'streamable-http') return null;
  return toolHeaders(definition as RemoteToolDefinition).kind === 'declared' ? null : 'headers';
}

function listTimeout(timeoutMs: number): Error {
  return new SwitchyardError('CONNECTOR_TIMEOUT', `The tool list did not arrive within ${timeoutMs} ms.`, {
    detail: { phase: 'list', timeoutMs },
  });
}
