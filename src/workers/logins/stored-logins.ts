import type {
  LoginBinding,
  LoginContent,
  StoredClient,
  StoredLogin,
  StoredLogins,
} from '../../shared/logins/login-records.ts';
import type { LoginTable, OpenRecord, ReadRecords } from './login-table.ts';

/** The encrypted content of a login. The other fields of a StoredLogin are columns of its row. */
export type BoxedLogin = LoginContent;

/** All stored logins, bindings and clients, and the number of unreadable rows. */
export interface ReadLogins {
  readonly logins: StoredLogins;
  /** Number of rows that are encrypted with a key that is not available. */
  readonly otherKey: number;
  readonly damaged: number;
}

/** Decrypts all records. */
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

/** Reads one login. Returns null if it does not exist or cannot be decrypted. */
export function loginIn(table: LoginTable, loginId: string): StoredLogin | null {
  const record = table.readOne('login', loginId);
  return record === null ? null : loginOf(record);
}

/** The value needs no validation, because only this package can have encrypted it. */
function loginOf({ id, generation, value }: OpenRecord): StoredLogin {
  return { loginId: id, generation, ...(value as BoxedLogin) };
}

function sum(read: readonly ReadRecords[], what: 'otherKey' | 'damaged'): number {
  return read.reduce((total, records) => total + records[what], 0);
}
