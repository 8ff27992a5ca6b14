import type { ServerNews } from '../../shared/server-records.ts';
import type { Logger } from '../logger.ts';

/** Logs what of a registry's file or store is not as it should be. */
export function reportNews({ damaged, problems }: ServerNews, path: string, logger: Logger): void {
  for (const name of damaged)
    logger.error(
      { event: 'registry-record-damaged', server: name },
      `The record of server ${name} in the store is damaged`,
    );
  for (const problem of problems) {
    if (problem.kind === 'bad-server') {
      const { place, reason } = problem;
      logger.warn(
        { event: 'registry-bad-server', place },
        `${path}: ${place} is passed over and left as it is: ${reason}`,
      );
    } else {
      const { backup, reason } = problem;
      logger.error(
        { event: 'registry-file-set-aside', backup },
        `${path} cannot be read (${reason}); it is now ${backup}`,
      );
    }
  }
}
