import type {
  LoginBinding,
  LoginContent,
  StoredClient,
  StoredLogin,
  StoredLogins,
} from '../../shared/logins/login-records.ts';
import type { LoginTable, OpenRecord, ReadRecords } from './login-table.ts';

/** What the box of a login holds; the rest of a StoredLogin is its place. */
export type BoxedLogin = LoginContent;

/** Everything that is stored, and why some of it cannot be read. */
export interface ReadLogins {
  readonly logins: StoredLogins;
  /** How many rows were sealed with a key that is not at hand. */
  readonly otherKey: number;
  readonly damaged: number;
}

/** Decrypts everything. */
export function everythingIn(table: LoginTable): ReadLogins {
  const [bindings, logins, clients] = [table.read('binding'), table.read('login'), table.read('client')];
  const read = [bindings, logins, clients];
  const [otherKey, damaged] = [sum(read, 'otherKey'), sum(read, 'damaged')];
  return {
    logins: {
      bindings: bindings.records.map(({ value }) => value as LoginBinding),
      logins: logins.records.map(loginOf),
      clients: clients.records.map(({ value }) => value as StoredClient),
      unreadable: otherKey + damaged,
    },
    otherKey,
    damaged,
  };
}

/** One login; null where there is none, or none that can be decrypted. */
export function loginIn(table: LoginTable, loginId: string): StoredLogin | null {
  const record = table.readOne('login', loginId);
  return record === null ? null : loginOf(record);
}

/** A box that opens was sealed by this program. */
function loginOf({ id, generation, value }: OpenRecord): StoredLogin {
  return { loginId: id, generation, ...(value as BoxedLogin) };
}

function sum(read: readonly ReadRecords[], what: 'otherKey' | 'damaged'): number {
  return read.reduce((total, records) => total + records[what], 0);
}
