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
 * The login store over Comlink; `LoginStore` documents each method. Answers may take longer than those of the main
 * store, because the system keyring may have to be queried.
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
   * Sets whether to send a {@link LoginsChangedMessage} when the stored logins differ from the logins that were last
   * read.
   */
  watchLogins(isWatched: boolean): LoginReply<null>;
}

/** Message of the writer worker to the main thread while it watches, in parallel with Comlink's messages. */
export interface LoginsChangedMessage {
  readonly kind: 'logins-changed';
}

/** Whether a message of the writer worker reports changed logins. */
export function isLoginsChangedMessage(message: unknown): message is LoginsChangedMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'logins-changed';
}
