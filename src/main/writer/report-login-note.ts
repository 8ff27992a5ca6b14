import type { StoreNote } from '../../shared/servers/store-notes.ts';
import type { Logger } from '../observability/logger.ts';

/** Notes from the writer thread about the login store. */
export type LoginNote = Extract<
  StoreNote,
  { kind: 'logins-exposed' | 'login-key-file' | 'logins-unreadable' | 'logins-set-aside' }
>;

/** Logs a problem with the logins in `stateDir`, or the place where their key is stored. */
export function reportLoginNote(note: LoginNote, stateDir: string, logger: Logger): void {
  switch (note.kind) {
    case 'logins-exposed': {
      const { path, mode } = note;
      logger.warn(
        { event: 'logins-exposed', code: 'STORE_EXPOSED', path, mode, stateDir },
        `${path} was accessible to users other than its owner (mode ${mode}). Its mode is now 600. ` +
          'If others use this machine, delete the logins and their key, and log in again',
      );
      return;
    }
    case 'login-key-file': {
      const { path, reason } = note;
      const why = reason === null ? '' : `, because the system's keyring cannot be used (${reason})`;
      logger.info({ event: 'login-key-file', path, reason, stateDir }, `The key of logins is stored in ${path}${why}`);
      return;
    }
    case 'logins-unreadable': {
      const { path, otherKey, damaged, keyringFailure } = note;
      const fields = { event: 'logins-unreadable', code: 'STORE_CORRUPT', path, otherKey, damaged, stateDir };
      const remedy =
        otherKey === 0
          ? ''
          : keyringFailure === null
            ? ' Put the key back where it was (logins.key next to that file, or the keyring), or log in again.'
            : ` Their key may be in the keyring, which cannot be used (${keyringFailure}): unlock it, or log in again.`;
      logger.warn(
        fields,
        `Some logins in ${path} cannot be decrypted and are ignored: ` +
          `${otherKey} rows with another key, ${damaged} damaged.${remedy || ' Log in again with `auth login`.'}`,
      );
      return;
    }
    case 'logins-set-aside': {
      const { backup, reason } = note;
      logger.error(
        { event: 'logins-set-aside', code: 'STORE_CORRUPT', backup, stateDir },
        `The file of the logins is damaged (${reason}) and was renamed to ${backup}. Log in again with \`auth login\``,
      );
      return;
    }
  }
}
