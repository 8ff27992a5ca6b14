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
 * How long an early list that nobody wants may take to be answered. Cut off, it would take its connection with it,
 * which the next requests can use.
 */
const UNWANTED_MS = 2_000;

/**
 * The list of tools that a server is asked for beside `server/discover`, so that a modern one has answered both after
 * one round trip. It goes over a session of its own, and what becomes of it changes nothing for the handshake.
 */
export class EarlyList {
  readonly #session: StreamableHttpSession;
  readonly #side: SideRequest;
  readonly #record: MessageRecord | undefined;
  readonly #result: Promise<JsonObject>;

  /** Sends the request over `session`, whose dispatcher sends it as `side`. Its answer is recorded where it is used. */
  constructor(session: StreamableHttpSession, side: SideRequest, record: MessageRecord | undefined) {
    this.#session = session;
    this.#side = side;
    this.#record = record;
    session.speak('modern', MODERN_REVISION);
    this.#result = session.request('tools/list', {}, { signal: null });
    // It may fail before anybody asks for it, and mostly nobody ever does.
    this.#result.catch(() => {});
  }

  /** Whether it was sent so far. */
  get isSent(): boolean {
    return this.#side.isSent;
  }

  /** The answer, if the request was sent; null where it was not, and never will be. */
  take(): Promise<ToolPage> | null {
    if (!this.isSent) {
      this.#side.isGivenUp = true;
      return null;
    }
    const page = this.#read();
    page.catch(() => {});
    return page;
  }

  /** Nobody wants the answer. Resolves once the request is over. Never rejects. */
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
    // An answer that cannot be used is asked for again; in a recording it would be what a replay answers first.
    noteExchange(this.#record, 'tools/list', {}, result);
    return page;
  }
}

/** The credentials for an early list: its refusal leads to no login and no refresh. Those of the handshake do. */
export function quiet(credentials: Credentials): Credentials {
  return {
    headers: (signal, sending) => credentials.headers(signal, sending),
    refused: async () => ({ kind: 'refused', hint: null }),
  };
}
