import type { StoreNote } from '../../shared/servers/store-notes.ts';
import type { Logger } from '../observability/logger.ts';
import { reportLoginNote } from './report-login-note.ts';

/** Logs a problem with the store in `stateDir`. */
export function reportStoreNote(note: StoreNote, stateDir: string, logger: Logger): void {
  switch (note.kind) {
    case 'journal-mode': {
      const { mode, reason } = note;
      logger.warn({ event: 'store-journal-mode', mode, stateDir }, `The store uses journal mode ${mode}: ${reason}`);
      return;
    }
    case 'log-cut': {
      const { pages, hasCommit } = note;
      const fields = { event: 'store-log-cut', code: 'STORE_CORRUPT', pages, stateDir };
      if (hasCommit)
        logger.error(
          fields,
          `The last ${pages} pages of the store's log fail their checksums and are skipped. ` +
            'A write was cut off, or the disk damaged the pages, so the last changes may be missing',
        );
      else logger.info(fields, `The store's log ends in ${pages} pages of a change that was never committed`);
      return;
    }
    case 'exposed': {
      const { folder, exposure } = note;
      logger.warn(
        { event: 'store-exposed', code: 'STORE_EXPOSED', stateDir },
        `The state folder ${folder} ${exposure}. Make yourself its only user (chown, chmod 700)`,
      );
      return;
    }
    case 'replaced':
      logger.warn(
        { event: 'store-replaced', stateDir },
        'The store was deleted or replaced while it was open. ' +
          'The store that is now at its path is used, and this process adds what it knows',
      );
      return;
    case 'programs-ended': {
      const { pids } = note;
      logger.warn(
        { event: 'store-programs-ended', pids, stateDir },
        `Ended ${pids.length} stdio servers that a host on this folder had started before it was killed`,
      );
      return;
    }
    case 'logins-exposed':
    case 'login-key-file':
    case 'logins-unreadable':
    case 'logins-set-aside':
      reportLoginNote(note, stateDir, logger);
      return;
    case 'set-aside': {
      const { backup, reason, saved, lost } = note;
      const counts = Object.entries(saved).map(([table, records]) => `${records} of ${table}`);
      logger.error(
        { event: 'store-set-aside', code: 'STORE_CORRUPT', stateDir, backup, saved, lost },
        `The store is damaged (${reason}) and was renamed to ${backup}. ` +
          `Records saved from it: ${counts.join(', ') || 'none'}. Lost: ${lost.join('; ') || 'none'}. ` +
          'Lost servers are restored from servers.json if they are in it. ' +
          'A service map whose floor is lost is protected from older maps again after its next load',
      );
      return;
    }
  }
}
