import { JsonFault } from '../../shared/json/json-limits.ts';
import { parseForeignJson } from '../../shared/json/parse-foreign.ts';
import { type ServerInfo, serverInfoFault } from '../../shared/servers/server-info.ts';
import type { BadPlace } from '../../shared/servers/server-records.ts';

/** An invalid entry of the file and its position. */
export interface BadServer extends BadPlace {
  readonly value: unknown;
}

/** The content of a `servers.json`. */
export interface ServersDocument {
  readonly servers: readonly ServerInfo[];
  /** Invalid entries. They stay in the file unchanged. */
  readonly bad: readonly BadServer[];
  /** Fields of the file other than `servers`. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** Newest format of the file that this version can read. A file without `version` has this format. */
const FORMAT_VERSION = 1;

/**
 * Limits of the parser. Without a depth limit, a document could be read but not written again. The size is not limited
 * here, because the file belongs to this host, and this thread has no other work.
 */
const LIMITS = {
  maxDepth: 1_000,
  maxContainers: Number.POSITIVE_INFINITY,
  maxValues: Number.POSITIVE_INFINITY,
  maxTexts: Number.POSITIVE_INFINITY,
};

export type ParsedServers =
  | { readonly kind: 'document'; readonly document: ServersDocument }
  /** The file is truncated, is not JSON, or has a format that this version cannot read. It must not be overwritten. */
  | { readonly kind: 'unreadable'; readonly reason: string; readonly isCutOff: boolean };

/** Parses the text of a `servers.json`, entry by entry. If two entries have the same name, the first one is used. */
export function parseServers(text: string): ParsedServers {
  let value: unknown;
  try {
    value = parseForeignJson(text.replace(/^\ufeff/, ''), LIMITS);
  } catch (error) {
    if (error instanceof JsonFault) return unreadable(`it ${error.message}`);
    return { ...unreadable('it is not JSON, or is truncated'), isCutOff: true };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return unreadable('it is not a JSON object');
  const { servers: entries, ...rest } = value as Record<string, unknown>;
  if (typeof rest.version === 'number' && rest.version > FORMAT_VERSION)
    return unreadable(`it has format ${rest.version}, but this version reads formats up to ${FORMAT_VERSION}`);
  if (!Array.isArray(entries)) return unreadable('it has no list of servers');
  const servers = new Map<string, ServerInfo>();
  const bad: BadServer[] = [];
  for (const [index, entry] of entries.entries()) {
    const reason = serverInfoFault(entry);
    const refuse = (why: string): void => void bad.push({ place: `servers[${index}]`, reason: why, value: entry });
    if (reason !== null) refuse(reason);
    else if (servers.has((entry as ServerInfo).name)) refuse(`name: "${(entry as ServerInfo).name}" occurs twice`);
    else servers.set((entry as ServerInfo).name, entry as ServerInfo);
  }
  return { kind: 'document', document: { servers: [...servers.values()], bad, rest } };
}

function unreadable(reason: string) {
  return { kind: 'unreadable', reason, isCutOff: false } as const;
}
