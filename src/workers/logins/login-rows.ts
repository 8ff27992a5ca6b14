import type {
  LoginBinding,
  LoginContent,
  LoginRow,
  LoginRowName,
  LoginRows,
  StoredClient,
} from '../../shared/logins/login-records.ts';
import { NO_REFRESH } from '../../shared/logins/refresh-turns.ts';
import type { SealingKey } from '../../shared/protocol/login-box.ts';
import type { LoginTable, RecordKind, RowState } from './login-table.ts';

export interface LoginRowExchangeDeps {
  /** Loads the keys and reads in one transaction. Resolves with null if there is no file. */
  readonly reading: <T>(work: (table: LoginTable) => T) => Promise<T | null>;
  /** Writes in one transaction, with the key that encrypts new records. */
  readonly writing: <T>(work: (table: LoginTable, key: SealingKey) => T) => Promise<T>;
}

const KINDS: readonly RecordKind[] = ['binding', 'client', 'login'];

/** Reads and stores rows in the form in which the hosts of a fleet exchange them. */
export class LoginRowExchange {
  readonly #deps: LoginRowExchangeDeps;

  constructor(deps: LoginRowExchangeDeps) {
    this.#deps = deps;
  }

  /** Implements `ReplicatedLoginStore.readRows`. Rows that cannot be decrypted are left out. */
  async read(names: readonly LoginRowName[] | null): Promise<LoginRows> {
    const read = await this.#deps.reading((table): LoginRows => {
      const all = (): readonly LoginRowName[] => KINDS.flatMap((kind) => table.ids(kind).map((id) => ({ kind, id })));
      const rows = (names ?? all()).flatMap(({ kind, id }) => rowOf(kind, id, table.rowState(kind, id)) ?? []);
      return { storeId: table.storeId(), rows };
    });
    return read ?? { storeId: null, rows: [] };
  }

  /** Implements `ReplicatedLoginStore.adoptRows`. */
  adopt(rows: readonly LoginRow[]): Promise<readonly LoginRowName[]> {
    return this.#deps.writing((table, key) => {
      const taken = rows.filter((row) => isNewer(row, table.rowState(row.kind, row.id)));
      for (const { kind, id, generation, value } of taken) {
        table.putAt(kind, id, generation, value, key);
        if (kind === 'login') table.putRefresh(id, NO_REFRESH);
      }
      return taken.map(({ kind, id }) => ({ kind, id }));
    });
  }
}

/** Whether `row` replaces the local row, because `row` is newer or the local row cannot be decrypted. */
function isNewer({ generation }: LoginRow, present: RowState | null): boolean {
  if (present === null || generation > present.generation) return true;
  return generation === present.generation && present.value === undefined;
}

function rowOf(kind: RecordKind, id: string, state: RowState | null): LoginRow | null {
  if (state === null || state.value === undefined || state.generation < 0) return null;
  const { generation, value } = state;
  switch (kind) {
    case 'binding':
      return { kind, id, generation, value: value as LoginBinding | null };
    case 'client':
      return { kind, id, generation, value: value as StoredClient | null };
    case 'login':
      return { kind, id, generation, value: value as LoginContent | null };
  }
}
