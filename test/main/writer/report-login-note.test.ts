import { describe, expect, it } from 'vitest';
import { reportStoreNote } from '../../../src/main/writer/report-store-note.ts';
import type { StoreNote } from '../../../src/shared/servers/store-notes.ts';
import { recordingLogger } from '../../helpers/log.ts';

function lineFor(note: StoreNote) {
  const logger = recordingLogger();
  reportStoreNote(note, '/state', logger);
  expect(logger.lines).toHaveLength(1);
  const [{ level, fields, message } = { level: '', fields: {} as Readonly<Record<string, unknown>>, message: '' }] =
    logger.lines;
  return { level, event: fields.event, message };
}

const unreadable = { kind: 'logins-unreadable', path: '/state/logins.sqlite', otherKey: 2, damaged: 0 } as const;

describe('log messages about logins', () => {
  it('the log says where the key for stored logins is stored, and why it is not in the keyring', () => {
    const path = '/state/logins.key';
    expect(lineFor({ kind: 'login-key-file', path, reason: null })).toEqual({
      level: 'info',
      event: 'login-key-file',
      message: 'The key of logins is stored in /state/logins.key',
    });
    expect(lineFor({ kind: 'login-key-file', path, reason: 'no session' }).message).toContain('(no session)');
  });

  it('the log explains what to do about logins that cannot be decrypted', () => {
    const lost = lineFor({ ...unreadable, keyringFailure: null });
    expect(lost).toMatchObject({ level: 'warn', event: 'logins-unreadable' });
    expect(lost.message).toContain('2 rows with another key, 0 damaged. Put the key back where it was');
    const locked = lineFor({ ...unreadable, keyringFailure: 'It is locked.' });
    expect(locked.message).toContain('cannot be used (It is locked.): unlock it, or log in again.');
    const damaged = lineFor({ ...unreadable, otherKey: 0, damaged: 1, keyringFailure: null });
    expect(damaged.message).toContain('1 damaged. Log in again with `auth login`.');
  });

  it('the log says what happened to a damaged login file, and to a login file that other users could access', () => {
    const aside = lineFor({ kind: 'logins-set-aside', backup: '/state/logins.sqlite.corrupt', reason: 'malformed' });
    expect(aside).toMatchObject({ level: 'error', event: 'logins-set-aside' });
    expect(aside.message).toContain('(malformed) and was renamed to /state/logins.sqlite.corrupt');
    const exposed = lineFor({ kind: 'logins-exposed', path: '/state/logins.key', mode: '644' });
    expect(exposed).toMatchObject({ level: 'warn', event: 'logins-exposed' });
    expect(exposed.message).toContain('(mode 644). Its mode is now 600');
  });
});
