import { deadline } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { isToolName } from '../../../shared/tools/tool-id.ts';
import { toolHeaders } from '../../mcp/tool-headers.ts';
import type { Connection, ConnectionFacts } from '../connection/connection.ts';

export interface ListLimits {
  readonly maxPages: number;
  readonly maxTools: number;
  /** For all pages together. */
  readonly timeoutMs: number;
}

/** Left-out tools that are named; a connector may list any number. */
const MAX_DROPPED_NAMED = 100;

/** How deep a tool's definition may nest; schemas in use are below 20. */
const MAX_DEPTH = 64;

/** A connector's tools, and what was left out of them. */
export interface ToolListing {
  readonly tools: readonly RemoteToolDefinition[];
  /** Why the list is not the whole one; null if it is. */
  readonly cutBecause: string | null;
  /** Tools left out for a bad or repeated name, a missing or too deep schema or headers that cannot be, by what they call themselves; the first 100. */
  readonly dropped: readonly string[];
  /** For how long the server says the list holds: the shortest of its pages; null if it does not. */
  readonly ttlMs: number | null;
}

/** How a connector with this list is, and why. */
export function stateOfListing({ tools, cutBecause }: ToolListing): readonly ['ready' | 'degraded', string] {
  if (cutBecause === null) return ['ready', `${tools.length} tools`];
  return ['degraded', `only ${tools.length} tools were read: ${cutBecause}`];
}

/**
 * Reads all pages of a connector's tool list. A cursor that comes twice, too many pages or too many tools end it early: what was
 * read counts. A bad or repeated tool is left out alone.
 * Rejects with CONNECTOR_TIMEOUT, CONNECTOR_LIST_INVALID, CONNECTOR_CONNECT_FAILED or the signal's reason.
 */
export async function listAllTools(
  connection: Connection,
  limits: ListLimits,
  signal: AbortSignal,
): Promise<ToolListing> {
  using limit = deadline(limits.timeoutMs, () => listTimeout(limits.timeoutMs), signal);
  const tools = new Map<string, RemoteToolDefinition>();
  const dropped: string[] = [];
  let seen = 0;
  const seenCursors = new Set<string>();
  let cursor: string | null = null;
  let ttlMs: number | null = null;
  const listing = (cutBecause: string | null): ToolListing => ({
    tools: [...tools.values()],
    cutBecause,
    dropped,
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
      seen += 1;
      if (seen > limits.maxTools) return listing(`it has more than ${limits.maxTools} tools`);
      if (isUsable(item, connection.facts) && !tools.has(item.name)) tools.set(item.name, item);
      else if (dropped.length < MAX_DROPPED_NAMED) dropped.push(nameOf(item));
    }
    if (nextCursor === null) return listing(null);
    if (seenCursors.has(nextCursor)) return listing('its cursor came twice');
    if (page === limits.maxPages) return listing(`it has more than ${limits.maxPages} pages`);
    seenCursors.add(nextCursor);
    cursor = nextCursor;
  }
}

function isUsable(item: unknown, facts: ConnectionFacts): item is RemoteToolDefinition {
  if (!isNamed(item) || !isNestedWithin(item, MAX_DEPTH)) return false;
  // Over HTTP such a tool cannot be called as it wants to be (MCP 2026-07-28, custom headers); a client must leave it out.
  return facts.era !== 'modern' || facts.transport !== 'streamable-http' || toolHeaders(item).kind === 'declared';
}

/** Whether a value nests no deeper than that. What is deeper could neither be compared nor sent to another thread. */
function isNestedWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isNestedWithin(member, depth - 1));
}

function isNamed(item: unknown): item is RemoteToolDefinition {
  if (typeof item !== 'object' || item === null || !('name' in item) || !('inputSchema' in item)) return false;
  return isToolName(item.name) && typeof item.inputSchema === 'object' && item.inputSchema !== null;
}

function nameOf(item: unknown): string {
  const name = typeof item === 'object' && item !== null && 'name' in item ? item.name : null;
  return typeof name === 'string' ? name.slice(0, 128) : '(no name)';
}

function listTimeout(timeoutMs: number): Error {
  return new SwitchyardError('CONNECTOR_TIMEOUT', `The tool list did not arrive within ${timeoutMs} ms.`, {
    detail: { phase: 'list', timeoutMs },
  });
}
