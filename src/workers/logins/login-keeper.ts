import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../shared/clock.ts';
import {
  clientIdOf,
  type LoginBinding,
  type LoginKey,
  type LoginTokens,
  loginIdOf,
  type RefreshOutcome,
  type RefreshTurn,
  type StoredClient,
  type StoredLogin,
  type StoredLogins,
} from '../../shared/logins/login-records.ts';
import { beginTurn, endTurn, NO_REFRESH } from '../../shared/logins/refresh-turns.ts';
import type { SealingKey } from '../../shared/protocol/login-box.ts';
import type { StoreNote } from '../../shared/servers/store-notes.ts';
import type { Keyring } from './keys/keyring.ts';
import { type KeyRegister, LoginKeys } from './keys/login-keys.ts';
import { createLeaseOwners, type LeaseOwners } from './lease-owner.ts';
import { LoginFile } from './login-file.ts';
import { LoginImageFile } from './login-image-file.ts';
import { LoginRowExchange } from './login-rows.ts';
import type { LoginTable, RecordKind } from './login-table.ts';
import { LoginWatch } from './login-watch.ts';
import { type BoxedLogin, everythingIn, loginIn, type ReadLogins } from './stored-logins.ts';

export interface LoginKeeperDeps {
  readonly stateDir: string;
  readonly tell: (note: StoreNote) => void;
  /** The keyring to use; null for none. Only tests set it. */
  readonly keyring?: Keyring | null;
  readonly clock?: Clock;
  readonly owners?: LeaseOwners;
}

type PutLogin = (login: Omit<StoredLogin, 'generation'>) => StoredLogin;

/** `write` creates a missing file. `change` returns null if the file is missing. */
type Way = 'write' | 'change';
type Stored<W extends Way, T> = W extends 'write' ? T : T | null;

const NOTHING: StoredLogins = { bindings: [], logins: [], clients: [], unreadable: 0 };

/**
 * The login store of one state folder, as the writer thread uses it. Its methods are those of `LoginStore` and run one
 * at a time. The first call opens the file, and the first write creates it.
 */
export class LoginKeeper {
  readonly #file: LoginFile;
  readonly #image: LoginImageFile;
  readonly #keys: LoginKeys;
  readonly #tell: (note: StoreNote) => void;
  readonly #clock: Clock;
  readonly #owners: LeaseOwners;
  readonly #register: KeyRegister;
  /** Exchanges rows with the other hosts of a fleet. */
  readonly rows = new LoginRowExchange({
    reading: (work) =>
      this.#inTurn(async () => {
        await this.#keys.load(this.#register);
        return this.#file.read(work);
      }),
    writing: (work) => this.#sealing('write', work),
  });
  #watch: LoginWatch | null = null;
  /** The login version that the caller read last. LoginWatch compares this version with the stored version. */
  #known: string | null = null;
  #told = '';
  #last: Promise<unknown> = Promise.resolve();

  constructor({ stateDir, tell, keyring, clock = systemClock, owners = createLeaseOwners() }: LoginKeeperDeps) {
    this.#tell = tell;
    this.#clock = clock;
    this.#owners = owners;
    this.#keys = new LoginKeys({ stateDir, tell, ...(keyring !== undefined && { keyring }) });
    const file = new LoginFile({
      ...{ stateDir, tell },
      find: (keyId) => this.#keys.find(keyId),
      onChange: () => this.#image.outdated(),
    });
    this.#file = file;
    this.#image = new LoginImageFile({ file, keys: this.#keys, inTurn: (work) => this.#inTurn(work) });
    this.#register = {
      keyringKey: () => file.read((table) => table.keyringKey()),
      noteKeyringKey: (expected, next) => file.write((table) => table.noteKeyringKey(expected, next)),
    };
  }

  readAll(): Promise<StoredLogins> {
    return this.#inTurn(async () => {
      await this.#keys.load(this.#register);
      const stored = this.#file.read((table) => this.#everything(table)) ?? this.#nothing();
      this.#image.plan();
      return stored;
    });
  }

  saveBinding(binding: LoginBinding): Promise<null> {
    return this.#save('binding', binding.bindingId, binding);
  }

  saveClient(client: StoredClient): Promise<null> {
    return this.#save('client', clientIdOf(client.issuer), client);
  }

  removeClient(issuer: string): Promise<null> {
    return this.#inTurn(() => this.#file.change((table) => table.remove('client', clientIdOf(issuer))) ?? null);
  }

  saveLogin(key: LoginKey, tokens: LoginTokens): Promise<StoredLogin> {
    const loginId = loginIdOf(key);
    return this.#writing('write', (table, put) => {
      table.putRefresh(loginId, NO_REFRESH);
      return put({ loginId, key, tokens, lostBecause: null });
    });
  }

  removeLogin(loginId: string): Promise<StoredLogin | null> {
    return this.#inTurn(async () => {
      await this.#keys.load(this.#register);
      return this.#file.change((table) => {
        const removed = loginIn(table, loginId);
        table.remove('login', loginId);
        table.putRefresh(loginId, NO_REFRESH);
        return removed;
      });
    });
  }

  beginRefresh(loginId: string, generation: number): Promise<RefreshTurn> {
    return this.#inTurn(async () => {
      await this.#keys.load(this.#register);
      const begun = this.#file.change((table) => {
        const { turn, state } = beginTurn(loginIn(table, loginId), table.refreshOf(loginId), {
          generation,
          nowMs: this.#clock.now(),
          leaseId: randomUUID(),
          owner: this.#owners.own(),
          isGone: (owner) => this.#owners.isGone(owner),
        });
        if (state !== null) table.putRefresh(loginId, state);
        return turn;
      });
      return begun ?? { kind: 'gone' };
    });
  }

  endRefresh(loginId: string, leaseId: string, outcome: RefreshOutcome): Promise<StoredLogin | null> {
    return this.#writing('change', (table, put) => {
      const login = loginIn(table, loginId);
      if (login === null) return null;
      const ended = endTurn(login, table.refreshOf(loginId), leaseId, outcome);
      if (ended === null) return login;
      table.putRefresh(loginId, ended.state);
      return ended.hasChanged ? put(ended.login) : ended.login;
    });
  }

  /** Calls `onChange` when the stored logins differ from the last result of {@link readAll}. Null ends the watch. */
  async watch(onChange: (() => void) | null): Promise<null> {
    this.#watch?.close();
    this.#watch = null;
    if (onChange === null) return null;
    this.#watch = new LoginWatch(
      () => this.#file.read((table) => table.version()),
      () => this.#known,
      onChange,
    );
    return null;
  }

  /** Stops watching, and closes the file once earlier requests are answered. */
  close(): Promise<void> {
    void this.watch(null);
    return this.#inTurn(() => {
      this.#image.flush();
      this.#file.close();
    });
  }

  /** Runs `work` after all earlier work. This keeps the order, even if earlier work waits for the keyring. */
  #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #save(kind: RecordKind, id: string, value: unknown): Promise<null> {
    return this.#sealing('write', (table, key) => {
      table.put(kind, id, value, key);
      return null;
    });
  }

  /** Runs `work` on the logins in one transaction. `put` stores a login and assigns its generation. */
  #writing<W extends Way, T>(way: W, work: (table: LoginTable, put: PutLogin) => T): Promise<Stored<W, T>> {
    return this.#sealing(way, (table, sealing) =>
      work(table, ({ loginId, key, tokens, lostBecause }) => {
        const boxed: BoxedLogin = { key, tokens, lostBecause };
        return { loginId, ...boxed, generation: table.put('login', loginId, boxed, sealing) };
      }),
    );
  }

  /** Runs `work` in one transaction, with the key that encrypts new records. */
  #sealing<W extends Way, T>(way: W, work: (table: LoginTable, key: SealingKey) => T): Promise<Stored<W, T>> {
    return this.#inTurn(async () => {
      // If there is no file, a change has no effect and must not create a key.
      if (way === 'change' && this.#file.read(() => true) === null) return null as Stored<W, T>;
      await this.#keys.load(this.#register);
      const key = await this.#keys.forWriting(this.#register);
      const stored = this.#file[way]((table) => {
        this.#keys.note(table);
        return work(table, key);
      });
      return stored as Stored<W, T>;
    });
  }

  #everything(table: LoginTable): StoredLogins {
    const read = everythingIn(table);
    this.#known = table.version();
    this.#tellUnreadable(read);
    return read.logins;
  }

  #nothing(): StoredLogins {
    this.#known = null;
    return NOTHING;
  }

  /** Reports unreadable rows once. Reports them again only if their number changes. */
  #tellUnreadable({ otherKey, damaged }: ReadLogins): void {
    const what = `${otherKey} ${damaged}`;
    if (otherKey + damaged > 0 && what !== this.#told) {
      const { keyringFailure } = this.#keys;
      this.#tell({ kind: 'logins-unreadable', path: this.#file.path, otherKey, damaged, keyringFailure });
    }
    this.#told = what;
  }
}
