import type { ErrorCode } from '../../../../shared/error-codes.ts';
import type { ServerOutcome } from '../../../../shared/servers/server-records.ts';
import { workspaceOf } from '../../../local-config/workspace.ts';
import { type ImportEntry, readImport } from '../../../registry/transfer/import-servers.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, type Failure, failureFrom, mark, print, printable } from '../../terminal/output.ts';
import { readInput } from '../../terminal/read-input.ts';
import { type RegistryOptions, registryFile, withRegistry } from './open-registry.ts';
import { bringUpRemarks } from './remarks.ts';

export interface ImportOptions extends RegistryOptions {
  /** Whether to replace servers that have the same name and other content. */
  readonly replace: boolean;
  /** Whether to only report what the command would do, without changing anything. */
  readonly dryRun: boolean;
}

/** Outcome for one server of the imported file. */
interface Imported extends Pick<ImportEntry, 'name' | 'place' | 'line' | 'column' | 'remarks'> {
  readonly outcome: 'added' | 'unchanged' | 'replaced' | 'refused';
  readonly code: ErrorCode | null;
  /** Why the server was refused; null if it was not refused. */
  readonly reason: string | null;
}

/**
 * Registers the servers in a file, or on standard input if `file` is `-`. Registers valid servers even if others are
 * refused. Resolves with the exit code: 0 if no server was refused.
 */
export async function runRegistryImport(file: string, options: ImportOptions): Promise<number> {
  const source = file === '-' ? 'stdin' : file;
  const folder = workspaceOf(file === '-' ? 'stdin' : file);
  const entries = readImport(await readInput(file), { source, folder });
  const path = registryFile(options);
  const results = await put(entries, path, options);
  const refused = results.find(({ outcome }) => outcome === 'refused');
  const failure = refused === undefined ? null : refusal(refused, source);
  if (options.json) answerJson({ path, isDryRun: options.dryRun, results }, failure);
  else print(`${results.map((result) => lineOf(result, source)).join('')}${summaryOf(results, options)}\n`);
  return failure === null ? EXIT.ok : EXIT.failed;
}

/** Registers all valid servers in one commit, and returns the outcome for each server of the file. */
async function put(
  entries: readonly ImportEntry[],
  path: string,
  { replace, dryRun }: ImportOptions,
): Promise<Imported[]> {
  const servers = entries.flatMap(({ server }) => (server === null ? [] : [server]));
  const outcomes = await withRegistry(path, async ({ writer, save }) => {
    const mode = { isReplacing: replace, isDryRun: dryRun };
    const found = await writer.ask((api) => api.mergeServers(servers, mode));
    if (!dryRun) await save();
    return found;
  });
  const inTurn = outcomes.values();
  return entries.map((entry) => resultOf(entry, entry.server === null ? undefined : inTurn.next().value, path));
}

function resultOf(entry: ImportEntry, done: ServerOutcome | undefined, path: string): Imported {
  const { name, place, line, column, server, refusal } = entry;
  const remarks = [...entry.remarks, ...(server === null ? [] : bringUpRemarks(server, path))];
  const at = { name, place, line, column, remarks };
  if (refusal !== null) return { ...at, outcome: 'refused', ...refusal };
  if (done === undefined || done.outcome === 'exists') {
    const reason = 'another server has this name; give --replace to replace it';
    return { ...at, outcome: 'refused', code: 'SERVER_EXISTS', reason };
  }
  return { ...at, outcome: done.outcome, code: null, reason: null };
}

function refusal({ code, reason, name, place, line, column }: Imported, source: string): Failure {
  const message = printable(`${source}:${line}:${column} ${name ?? place}: ${reason ?? 'it is refused'}`);
  return failureFrom({ code: code ?? 'SERVER_INVALID', message });
}

function lineOf({ outcome, name, place, line, column, code, reason, remarks }: Imported, source: string): string {
  const sign = mark(outcome === 'refused' ? 'failed' : remarks.length > 0 ? 'note' : 'ok');
  const why = reason === null ? '' : ` ${printable(`${source}:${line}:${column} ${code}: ${reason}`)}`;
  const notes = remarks.map((remark) => `            ${printable(remark)}\n`).join('');
  return `${sign} ${outcome.padEnd(9)} ${printable(name ?? place)}${why}\n${notes}`;
}

function summaryOf(results: readonly Imported[], { dryRun }: ImportOptions): string {
  const counts = Object.entries(Object.groupBy(results, ({ outcome }) => outcome));
  const told = counts.map(([outcome, those]) => `${those.length} ${outcome}`).join(', ');
  return `${told === '' ? 'The file has no servers' : told}${dryRun ? '; nothing was done (--dry-run)' : ''}`;
}
