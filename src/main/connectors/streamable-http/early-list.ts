import { settledWithin } from '../../../shared/clock.ts';
import type { SideRequest } from '../../http/origin-queue.ts';
import { type JsonObject, MODERN_REVISION } from '../../mcp/json-rpc.ts';
import type { MessageRecord } from '../../recording/recording-format.ts';
import type { ToolPage } from '../connection/connection.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { noteExchange } from '../messages/recording/recorded-channel.ts';
import { asToolPage } from '../messages/tool-answers.ts';
import type { StreamableHttpSession } from './session.ts';

/**
 * How long an early list request that is no longer needed may wait for its response. Aborting the request would close
 * its connection, which the next requests can use.
 */
const UNWANTED_MS = 2_000;

/**
 * A `tools/list` request that is sent in parallel with `server/discover`, so that a modern server answers both in one
 * round trip. The request has its own session, and its outcome does not affect the handshake.
 */
export class EarlyList {
  readonly #session: StreamableHttpSession;
  readonly #side: SideRequest;
  readonly #record: MessageRecord | undefined;
  readonly #result: Promise<JsonObject>;

  /**
   * Sends the request over `session`. The dispatcher of `session` must send it as the side request `side`. The response
   * is recorded only if it is used.
   */
  constructor(session: StreamableHttpSession, side: SideRequest, record: MessageRecord | undefined) {
    this.#session = session;
    this.#side = side;
    this.#record = record;
    session.speak('modern', MODERN_REVISION);
    this.#result = session.request('tools/list', {}, { signal: null });
    // The request may fail before `take()` is called, and `take()` is often never called. The rejection must not count
    // as unhandled.
    this.#result.catch(() => {});
  }

  /** Whether the request was sent. */
  get isSent(): boolean {
    return this.#side.isSent;
  }

  /** Returns the response if the request was sent. Otherwise cancels the request and returns null. */
  take(): Promise<ToolPage> | null {
    if (!this.isSent) {
      this.#side.isGivenUp = true;
      return null;
    }
    const page = this.#read();
    page.catch(() => {});
    return page;
  }

  /** Discards the response. Resolves once the request has ended. Never rejects. */
  async discard(): Promise<void> {
    this.#side.isGivenUp = true;
    if (this.isSent) await settledWithin(this.#result, UNWANTED_MS);
    await this.close();
  }

  /** Ends the request now. Never rejects. */
  close(): Promise<void> {
    this.#side.isGivenUp = true;
    return this.#session.close(0);
  }

  async #read(): Promise<ToolPage> {
    const result = await this.#result;
    const page = asToolPage(result);
    // The response is recorded only if it is usable. Otherwise the list is requested again, and a replay of the record
    // would answer with the unusable response first.
    noteExchange(this.#record, 'tools/list', {}, result);
    return page;
  }
}

/**
 * Returns credentials for an early list. If the server refuses them, neither a login nor a refresh starts here, because
 * the handshake is refused too, and starts the login or refresh itself.
 */
export function quiet(credentials: Credentials): Credentials {
  return {
    headers: (signal, sending) => credentials.headers(signal, sending),
    refused: async () => ({ kind: 'refused', hint: null }),
  };
}
