import { asSwitchyardError } from '../../../../shared/errors.ts';
import {
  type LoginBinding,
  type LoginClient,
  loginIdOf,
  type StoredLogin,
  type StoredLogins,
} from '../../../../shared/logins/login-records.ts';
import type { LoginStore } from '../../../../shared/logins/login-store.ts';
import type { Logger } from '../../../observability/logger.ts';

/**
 * Maximum number of reads in a row. A read is repeated if this process has changed a login during the read. The result
 * of the last read is merged in any case.
 */
const MAX_READS = 4;

export interface LoginBookDeps {
  readonly store: Pick<LoginStore, 'readEarly' | 'readAll'>;
  readonly logger: Logger;
  /** Called with the ids of the bindings whose login was changed, refreshed or removed. */
  readonly onChanged: (bindingIds: ReadonlySet<string>) => void;
}

interface KnownBinding {
  readonly binding: LoginBinding;
  readonly loginId: string | null;
}

/**
 * Holds a copy of the stored logins in memory, because requests must not wait for the store. The logins are read when
 * they are first needed, and again when another process has changed them.
 */
export class LoginBook {
  readonly #deps: LoginBookDeps;
  #bindings = new Map<string, KnownBinding>();
  #logins = new Map<string, StoredLogin>();
  #clients = new Map<string, LoginClient>();
  #loading: Promise<void> | null = null;
  #reading: Promise<void> | null = null;
  /** Incremented with every change by this process. */
  #version = 0;
  #failureCode: string | null = null;
  #unreadable = 0;
  #isLoaded = false;
  /** Whether the contents come only from `store.readEarly()`, because the store itself was not read yet. */
  #isEarly = false;

  constructor(deps: LoginBookDeps) {
    this.#deps = deps;
  }

  /** Whether {@link load} has ended, so that the other methods have data. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Resolves after the first read. If the read failed, there are no logins. Never rejects. */
  load(): Promise<void> {
    this.#loading ??= this.#readFirst().then(() => {
      this.#isLoaded = true;
    });
    return this.#loading;
  }

  /**
   * Resolves after a read of the store itself, because the result of `store.readEarly()` may be outdated. Reads again
   * if the last read failed.
   */
  async ensure(): Promise<void> {
    await this.load();
    if (this.#isEarly || this.#failureCode !== null) await this.read();
  }

  /** Reads the store now. Never rejects. */
  async read(): Promise<void> {
    // A read that is already in progress may have started before the latest change in the store.
    if (this.#reading !== null) await this.#reading;
    this.#reading ??= this.#readSettled().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  binding(bindingId: string): LoginBinding | null {
    return this.#bindings.get(bindingId)?.binding ?? null;
  }

  /** Returns the login of a binding; null without a login. */
  loginOf(bindingId: string): StoredLogin | null {
    const loginId = this.#bindings.get(bindingId)?.loginId ?? null;
    return loginId === null ? null : (this.#logins.get(loginId) ?? null);
  }

  login(loginId: string): StoredLogin | null {
    return this.#logins.get(loginId) ?? null;
  }

  /** Returns the newest client registration at an issuer. */
  client(issuer: string): LoginClient | null {
    return this.#clients.get(issuer) ?? null;
  }

  /** Returns the bindings that use a login. */
  bindingsOf(loginId: string): readonly LoginBinding[] {
    return [...this.#bindings.values()].filter((known) => known.loginId === loginId).map(({ binding }) => binding);
  }

  takeBinding(binding: LoginBinding): void {
    this.#version += 1;
    this.#bindings.set(binding.bindingId, known(binding));
    this.#deps.onChanged(new Set([binding.bindingId]));
  }

  /** Sets the client registration at an issuer; null removes the registration. */
  takeClient(issuer: string, client: LoginClient | null): void {
    this.#version += 1;
    if (client === null) this.#clients.delete(issuer);
    else this.#clients.set(issuer, client);
  }

  /** Updates a login to its state in the store; null removes the login. A state of an older generation is ignored. */
  takeLogin(loginId: string, login: StoredLogin | null): void {
    const before = this.#logins.get(loginId);
    if (login !== null && before !== undefined && before.generation > login.generation) return;
    this.#version += 1;
    if (login === null) this.#logins.delete(loginId);
    else this.#logins.set(loginId, login);
    if (before?.generation !== login?.generation) this.#deps.onChanged(this.#bindingIdsOf(new Set([loginId])));
  }

  async #readFirst(): Promise<void> {
    const version = this.#version;
    const early = await this.#deps.store.readEarly();
    if (early === null || version !== this.#version) return this.read();
    this.#isEarly = true;
    this.#replace(early);
  }

  async #readSettled(): Promise<void> {
    try {
      for (let reads = 1; ; reads += 1) {
        const version = this.#version;
        const stored = await this.#deps.store.readAll();
        // The result may lack changes that this process has made during the read.
        if (version !== this.#version && reads < MAX_READS) continue;
        this.#failureCode = null;
        this.#isEarly = false;
        this.#noteUnreadable(stored.unreadable);
        this.#replace(stored);
        return;
      }
    } catch (error) {
      const { code, message } = asSwitchyardError(error, 'STORE_UNAVAILABLE');
      if (code === this.#failureCode) return;
      this.#failureCode = code;
      this.#deps.logger.warn({ event: 'logins-unreadable', code }, `The stored logins cannot be read: ${message}`);
    }
  }

  #noteUnreadable(count: number): void {
    if (count > this.#unreadable) {
      const message = `${count} stored logins cannot be decrypted and count as absent: log in again`;
      this.#deps.logger.warn({ event: 'logins-unreadable', count }, message);
    }
    this.#unreadable = count;
  }

  #replace({ bindings, logins, clients }: StoredLogins): void {
    const before = { bindings: this.#bindings, logins: this.#logins };
    this.#bindings = new Map(bindings.map((binding) => [binding.bindingId, known(binding)]));
    this.#logins = new Map(logins.map((login) => [login.loginId, newerOf(login, before.logins.get(login.loginId))]));
    this.#clients = new Map(clients.map(({ issuer, client }) => [issuer, client]));
    const loginIds = new Set([...before.logins.keys(), ...this.#logins.keys()]);
    const changed = [...loginIds].filter(
      (loginId) => before.logins.get(loginId)?.generation !== this.#logins.get(loginId)?.generation,
    );
    const bindingIds = [...new Set([...before.bindings.keys(), ...this.#bindings.keys()])].filter(
      (bindingId) => before.bindings.get(bindingId)?.loginId !== this.#bindings.get(bindingId)?.loginId,
    );
    const touched = new Set([...bindingIds, ...this.#bindingIdsOf(new Set(changed))]);
    if (touched.size > 0) this.#deps.onChanged(touched);
  }

  #bindingIdsOf(loginIds: ReadonlySet<string>): ReadonlySet<string> {
    const served = [...this.#bindings.values()].filter(({ loginId }) => loginId !== null && loginIds.has(loginId));
    return new Set(served.map(({ binding }) => binding.bindingId));
  }
}

function known(binding: LoginBinding): KnownBinding {
  return { binding, loginId: binding.key === null ? null : loginIdOf(binding.key) };
}

function newerOf(login: StoredLogin, before: StoredLogin | undefined): StoredLogin {
  return before !== undefined && before.generation > login.generation ? before : login;
}
