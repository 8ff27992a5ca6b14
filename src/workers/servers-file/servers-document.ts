import { JsonFault } from '../../shared/json/json-limits.ts';
import { parseForeignJson } from '../../shared/json/parse-foreign.ts';
import { type ServerInfo, serverInfoFault } from '../../shared/servers/server-info.ts';
import type { BadPlace } from '../../shared/servers/server-records.ts';

/** An entry of the file that is none, and where it stands. */
export interface BadServer extends BadPlace {
  readonly value: unknown;
}

/** What a `servers.json` holds. */
export interface ServersDocument {
  readonly servers: readonly ServerInfo[];
  /** Left in the file as they are. */
  readonly bad: readonly BadServer[];
  /** Members of the file besides `servers`. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** The newest format of the file that is read; without `version` it is this one. */
const FORMAT_VERSION = 1;

/**
 * What is deeper could be read, but not be written again. How much it holds is not limited: it is the host's own, and
 * this thread has no other work.
 */
const LIMITS = {
  maxDepth: 1_000,
  maxContainers: Number.POSITIVE_INFINITY,
  maxValues: Number.POSITIVE_INFINITY,
  maxTexts: Number.POSITIVE_INFINITY,
};

export type ParsedServers =
  | { readonly kind: 'document'; readonly document: ServersDocument }
  /** Cut off, no JSON, or of another form or a newer one: not to be overwritten. */
  | { readonly kind: 'unreadable'; readonly reason: string; readonly isCutOff: boolean };

/** Reads the text of a `servers.json`, entry by entry. Of two entries of one name the first counts. */
export function parseServers(text: string): ParsedServers {
  let value: unknown;
  try {
    value = parseForeignJson(text.replace(/^\ufeff/, ''), LIMITS);
  } catch (error) {
    if (error instanceof JsonFault) return unreadable(`it ${error.message}`);
    return { ...unreadable('it is not JSON, or cut off'), isCutOff: true };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return unreadable('it holds no object');
  const { servers: entries, ...rest } = value as Record<string, unknown>;
  if (typeof rest.version === 'number' && rest.version > FORMAT_VERSION)
    return unreadable(`it has format ${rest.version}; up to ${FORMAT_VERSION} is read`);
  if (!Array.isArray(entries)) return unreadable('it has no list of servers');
  const servers = new Map<string, ServerInfo>();
  const bad: BadServer[] = [];
  for (const [index, entry] of entries.entries()) {
    const reason = serverInfoFault(entry);
    const refuse = (why: string): void => void bad.push({ place: `servers[${index}]`, reason: why, value: entry });
    if (reason !== null) refuse(reason);
    else if (servers.has((entry as ServerInfo).name)) refuse(`name: "${(entry as ServerInfo).name}" is there twice`);
    else servers.set((entry as ServerInfo).name, entry as ServerInfo);
  }
  return { kind: 'document', document: { servers: [...servers.values()], bad, rest } };
}

function unreadable(reason: string) {
  return { kind: 'unreadable', reason, isCutOff: false } as const;
}
