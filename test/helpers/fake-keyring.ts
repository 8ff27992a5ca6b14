import { type Keyring, KeyringError } from '../../src/workers/logins/keys/keyring.ts';

/** A keyring in memory. Several stores may share it, and a test can lock it. */
export class FakeKeyring implements Keyring {
  readonly secrets = new Map<string, Uint8Array>();
  /** While true, every request fails. */
  isLocked = false;
  /** All requests, in order. */
  readonly asked: string[] = [];

  async get(account: string): Promise<Uint8Array | null> {
    this.#ask('get');
    return this.secrets.get(account) ?? null;
  }

  async put(account: string, secret: Uint8Array): Promise<void> {
    this.#ask('put');
    this.secrets.set(account, secret);
  }

  async remove(account: string): Promise<void> {
    this.#ask('remove');
    this.secrets.delete(account);
  }

  #ask(what: string): void {
    this.asked.push(what);
    if (this.isLocked) throw new KeyringError('It is locked.');
  }
}
