import type { BadPlace, ServerNews } from '../../shared/servers/server-records.ts';
import type { Logger } from '../observability/logger.ts';

/** Names in one line of the log. */
const MAX_NAMES = 20;

/** Logs what of a registry's file is not as it should be, or was changed by others. */
export function reportNews({ problems }: ServerNews, path: string, logger: Logger): void {
  for (const problem of problems) {
    switch (problem.kind) {
      case 'bad-server':
        // Told by reportBad, to who comes later too.
        break;
      case 'set-aside': {
        const { backup, reason } = problem;
        logger.error(
          { event: 'registry-file-set-aside', backup },
          `${path} cannot be read (${reason}); it is now ${backup}`,
        );
        break;
      }
      case 'taken-over': {
        const { put, removed } = problem;
        const said = [`taken over: ${listOf(put)}`, `removed: ${listOf(removed)}`];
        logger.info(
          { event: 'registry-file-taken-over', put: put.length, removed: removed.length },
          `${path} says something else than the store; ${said.join('; ')}`,
        );
      }
    }
  }
}

/** Logs the entries of a registry's file that are none, but for those known already. */
export function reportBad(bad: readonly BadPlace[], known: readonly BadPlace[], path: string, logger: Logger): void {
  for (const { place, reason } of bad) {
    if (known.some((it) => it.place === place && it.reason === reason)) continue;
    logger.warn(
      { event: 'registry-bad-server', place },
      `${path}: ${place} is passed over and left as it is: ${reason}`,
    );
  }
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length - MAX_NAMES;
  return `${names.slice(0, MAX_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
