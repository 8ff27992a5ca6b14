import { describe, expect, it } from 'vitest';
import { LoginBook } from '../../../../../src/main/connectors/credentials/logins/login-book.ts';
import { MemoryLogins } from '../../../../../src/main/state-dir/memory-logins.ts';
import { SwitchyardError } from '../../../../../src/shared/errors.ts';
import { loginIdOf, type StoredLogins } from '../../../../../src/shared/logins/login-records.ts';
import { recordingLogger } from '../../../../helpers/log.ts';
import { bindingOf, keyOf, tokensOf } from '../../../../helpers/logins.ts';

function bookOver(store: Pick<MemoryLogins, 'readAll' | 'readEarly'>) {
  const logger = recordingLogger();
  const changes: string[][] = [];
  const book = new LoginBook({ store, logger, onChanged: (bindingIds) => void changes.push([...bindingIds]) });
  return { book, changes, lines: logger.lines };
}

describe('LoginBook', () => {
  it('LoginBook reports exactly the logins that were added, replaced or removed', async () => {
    const store = new MemoryLogins();
    await store.saveBinding(bindingOf('a'));
    await store.saveLogin(keyOf('a'), tokensOf('a'));
    const { book, changes } = bookOver(store);
    await book.load();
    await book.read();
    const { bindingId } = bindingOf('a');
    expect([changes, book.loginOf(bindingId)]).toMatchObject([[[bindingId]], { generation: 1 }]);
    await store.saveLogin(keyOf('a'), tokensOf('b'));
    await book.read();
    await store.removeLogin(loginIdOf(keyOf('a')));
    await book.read();
    expect([changes, book.loginOf(bindingId)]).toEqual([[[bindingId], [bindingId], [bindingId]], null]);
  });

  it('LoginBook ignores older versions of a login, and reads again if a login changed during a read', async () => {
    const store = new MemoryLogins();
    await store.saveBinding(bindingOf('a'));
    const old = await store.saveLogin(keyOf('a'), tokensOf('a'));
    const stale = await store.readAll();
    const newer = await store.saveLogin(keyOf('a'), tokensOf('b'));
    let reads = 0;
    const slow = {
      readEarly: async () => null,
      readAll: async (): Promise<StoredLogins> => {
        reads += 1;
        if (reads > 1) return store.readAll();
        book.takeLogin(newer.loginId, newer);
        return stale;
      },
    };
    const { book } = bookOver(slow);
    await book.load();
    expect(reads).toBe(2);
    book.takeLogin(old.loginId, old);
    expect(book.login(old.loginId)?.generation).toBe(2);
  });

  it('LoginBook logs once that logins cannot be read, continues without logins, and reads again at the next call', async () => {
    const store = new MemoryLogins();
    await store.saveBinding(bindingOf('a'));
    await store.saveLogin(keyOf('a'), tokensOf('a'));
    let isBroken = true;
    const { book, lines } = bookOver({
      readEarly: async () => null,
      readAll: async () => {
        if (isBroken) throw new SwitchyardError('STORE_UNAVAILABLE', 'The disk is gone.');
        return { ...(await store.readAll()), unreadable: 2 };
      },
    });
    await book.load();
    await book.ensure();
    expect([book.isLoaded, book.loginOf(bindingOf('a').bindingId)]).toEqual([true, null]);
    expect(lines).toMatchObject([{ level: 'warn', fields: { event: 'logins-unreadable', code: 'STORE_UNAVAILABLE' } }]);
    isBroken = false;
    await book.ensure();
    await book.read();
    expect(book.loginOf(bindingOf('a').bindingId)).toMatchObject({ generation: 1 });
    expect(lines.slice(1)).toMatchObject([{ fields: { event: 'logins-unreadable', count: 2 } }]);
  });
});
