import type { BadPlace, ServerNews } from '../../shared/servers/server-records.ts';
import type { Logger } from '../observability/logger.ts';

/** Maximum number of server names in one log line. */
const MAX_NAMES = 20;

/** Logs problems of the registry's file, and changes that people or other programs made to the file. */
export function reportNews({ problems }: ServerNews, path: string, logger: Logger): void {
  for (const problem of problems) {
    switch (problem.kind) {
      case 'bad-server':
        // `reportBad` logs invalid entries, so that a process that opens the registry later also logs them.
        break;
      case 'set-aside': {
        const { backup, reason } = problem;
        logger.error(
          { event: 'registry-file-set-aside', backup },
          `Cannot read ${path} (${reason}); renamed it to ${backup}`,
        );
        break;
      }
      case 'taken-over': {
        const { put, removed } = problem;
        const said = [`added or replaced: ${listOf(put)}`, `removed: ${listOf(removed)}`];
        logger.info(
          { event: 'registry-file-taken-over', put: put.length, removed: removed.length },
          `Added changes in ${path} to the store: ${said.join('; ')}`,
        );
      }
    }
  }
}

/** Logs the invalid entries of the registry's file. Entries in `known` are not logged again. */
export function reportBad(bad: readonly BadPlace[], known: readonly BadPlace[], path: string, logger: Logger): void {
  for (const { place, reason } of bad) {
    if (known.some((it) => it.place === place && it.reason === reason)) continue;
    logger.warn({ event: 'registry-bad-server', place }, `${path}: skipped ${place} and left it unchanged: ${reason}`);
  }
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length - MAX_NAMES;
  return `${names.slice(0, MAX_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
