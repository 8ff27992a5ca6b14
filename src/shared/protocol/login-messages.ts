/** The part of the writer thread's interface for logins. All messages are plain data. */

import type {
  LoginBinding,
  LoginKey,
  LoginRow,
  LoginRowName,
  LoginRows,
  LoginTokens,
  RefreshOutcome,
  RefreshTurn,
  StoredClient,
  StoredLogin,
  StoredLogins,
} from '../logins/login-records.ts';
import type { WriterReply } from './writer-reply.ts';

type LoginReply<T> = Promise<WriterReply<T>>;

/**
 * The login store as the main thread calls it over Comlink. `LoginStore` documents each method. Answers may take longer
 * than those of the main store, because some need the system keyring.
 */
export interface LoginWriterApi {
  readLogins(): LoginReply<StoredLogins>;
  saveLoginBinding(binding: LoginBinding): LoginReply<null>;
  saveLoginClient(client: StoredClient): LoginReply<null>;
  removeLoginClient(issuer: string): LoginReply<null>;
  saveLogin(key: LoginKey, tokens: LoginTokens): LoginReply<StoredLogin>;
  removeLogin(loginId: string): LoginReply<StoredLogin | null>;
  beginLoginRefresh(loginId: string, generation: number): LoginReply<RefreshTurn>;
  endLoginRefresh(loginId: string, leaseId: string, outcome: RefreshOutcome): LoginReply<StoredLogin | null>;
  readLoginRows(names: readonly LoginRowName[] | null): LoginReply<LoginRows>;
  adoptLoginRows(rows: readonly LoginRow[]): LoginReply<readonly LoginRowName[]>;
  /**
   * Turns notifications on or off. While they are on, the writer worker sends a {@link LoginsChangedMessage} when the
   * stored logins differ from the logins that were last read.
   */
  watchLogins(isWatched: boolean): LoginReply<null>;
}

/**
 * Message with which the writer worker reports that the stored logins have changed. It uses the same port as Comlink.
 */
export interface LoginsChangedMessage {
  readonly kind: 'logins-changed';
}

/** Whether a message from the writer worker reports that the stored logins have changed. */
export function isLoginsChangedMessage(message: unknown): message is LoginsChangedMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'logins-changed';
}
