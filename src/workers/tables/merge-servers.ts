import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import type { ServerInfo } from '../../shared/servers/server-info.ts';
import type { MergeMode, ServerOutcome } from '../../shared/servers/server-records.ts';
import { inTransaction, type ServerTable } from './server-table.ts';

/** Puts servers into the table, in one commit that holds the write lock from its start: of two processes that add one name, one learns that it exists. */
export function mergeServers(
  database: DatabaseSync,
  table: ServerTable,
  servers: readonly ServerInfo[],
  { isReplacing, isDryRun }: MergeMode,
): ServerOutcome[] {
  return inTransaction(database, () => {
    const known = new Map(table.since(0).rows.map(({ name, info }) => [name, info]));
    const outcomes = servers.map((info): ServerOutcome => {
      const before = known.get(info.name) ?? null;
      const outcome = outcomeOf(before, info, isReplacing);
      if (outcome === 'added' || outcome === 'replaced') known.set(info.name, info);
      return { name: info.name, outcome };
    });
    const changes = servers.flatMap((info, index) => {
      const outcome = outcomes[index]?.outcome;
      return outcome === 'added' || outcome === 'replaced' ? [{ name: info.name, info }] : [];
    });
    if (!isDryRun) table.applyWithin(changes);
    return outcomes;
  });
}

function outcomeOf(before: ServerInfo | null, info: ServerInfo, isReplacing: boolean): ServerOutcome['outcome'] {
  if (before === null) return 'added';
  if (isDeepStrictEqual(before, info)) return 'unchanged';
  return isReplacing ? 'replaced' : 'exists';
}
