/** The part of the writer thread's interface that keeps logins. All of it is plain data. */

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
 * The store of logins, over Comlink; `LoginStore` says what each method does. Answers come later than those of the
 * main store may, since the key may have to be asked of the system's keyring.
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
  /** Whether to send a {@link LoginsChangedMessage} when something else is stored than was last read. */
  watchLogins(isWatched: boolean): LoginReply<null>;
}

/** What the writer worker sends to main while it watches, beside Comlink's messages. */
export interface LoginsChangedMessage {
  readonly kind: 'logins-changed';
}

/** Whether a message of the writer worker says that other logins are stored. */
export function isLoginsChangedMessage(message: unknown): message is LoginsChangedMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'logins-changed';
}
