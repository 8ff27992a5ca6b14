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

/** How often a reading that was overtaken by changes of this process is repeated before it is merged as it is. */
const MAX_READS = 4;

export interface LoginBookDeps {
  readonly store: Pick<LoginStore, 'readEarly' | 'readAll'>;
  readonly logger: Logger;
  /** Is told which bindings have another login than before, another generation of it, or none any more. */
  readonly onChanged: (bindingIds: ReadonlySet<string>) => void;
}

interface KnownBinding {
  readonly binding: LoginBinding;
  readonly loginId: string | null;
}

/**
 * What is stored about logins, in memory: every request needs it at once. It is read when it is first needed, and again
 * when another process has changed it.
 */
export class LoginBook {
  readonly #deps: LoginBookDeps;
  #bindings = new Map<string, KnownBinding>();
  #logins = new Map<string, StoredLogin>();
  #clients = new Map<string, LoginClient>();
  #loading: Promise<void> | null = null;
  #reading: Promise<void> | null = null;
  /** Goes up with every change by this process. */
  #version = 0;
  #failureCode: string | null = null;
  #unreadable = 0;
  #isLoaded = false;
  /** Whether the store itself was not read yet. */
  #isEarly = false;

  constructor(deps: LoginBookDeps) {
    this.#deps = deps;
  }

  /** Whether {@link load} has ended, so that everything else answers at once. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /**
   * Resolves once there is a first answer, which may be that nothing could be read: there are no logins then. Never
   * rejects.
   */
  load(): Promise<void> {
    this.#loading ??= this.#readFirst().then(() => {
      this.#isLoaded = true;
    });
    return this.#loading;
  }

  /** The same, by the store itself: a first answer may be old. Reads again where it could not be read. */
  async ensure(): Promise<void> {
    await this.load();
    if (this.#isEarly || this.#failureCode !== null) await this.read();
  }

  /** Reads what is stored now. Never rejects. */
  async read(): Promise<void> {
    // What is under way may have been asked before the change that this is about.
    if (this.#reading !== null) await this.#reading;
    this.#reading ??= this.#readSettled().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  binding(bindingId: string): LoginBinding | null {
    return this.#bindings.get(bindingId)?.binding ?? null;
  }

  /** The login of a binding; null without one. */
  loginOf(bindingId: string): StoredLogin | null {
    const loginId = this.#bindings.get(bindingId)?.loginId ?? null;
    return loginId === null ? null : (this.#logins.get(loginId) ?? null);
  }

  login(loginId: string): StoredLogin | null {
    return this.#logins.get(loginId) ?? null;
  }

  /** The newest registration at an issuer. */
  client(issuer: string): LoginClient | null {
    return this.#clients.get(issuer) ?? null;
  }

  /** The bindings that a login serves. */
  bindingsOf(loginId: string): readonly LoginBinding[] {
    return [...this.#bindings.values()].filter((known) => known.loginId === loginId).map(({ binding }) => binding);
  }

  takeBinding(binding: LoginBinding): void {
    this.#version += 1;
    this.#bindings.set(binding.bindingId, known(binding));
    this.#deps.onChanged(new Set([binding.bindingId]));
  }

  /** Null where the registration is no more. */
  takeClient(issuer: string, client: LoginClient | null): void {
    this.#version += 1;
    if (client === null) this.#clients.delete(issuer);
    else this.#clients.set(issuer, client);
  }

  /** Takes a login as the store has it now; null where it is gone. An older generation is left alone. */
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
        // What this process has changed meanwhile may not be in it yet, or no longer be.
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
