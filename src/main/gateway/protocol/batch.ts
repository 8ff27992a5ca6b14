import { type Incoming, RpcError } from '../../mcp/json-rpc.ts';
import type { RequestId } from '../messages/exchange.ts';
import { RPC_INVALID_REQUEST } from '../messages/rpc-errors.ts';
import { writeError } from '../messages/write-message.ts';
import { isModern } from './modern-envelope.ts';

/** The last revision that has batches (MCP 2025-06-18, changelog). */
const LAST_BATCH_REVISION = '2025-03-26';

/** The revision of a client that neither opened a session nor names one (MCP 2025-06-18, protocol version header). */
export const ASSUMED_REVISION = LAST_BATCH_REVISION;

/** Messages of one batch. */
const MAX_MESSAGES = 100;

/** Characters of JSON that are collected as the answer to one batch. */
const MAX_ANSWER_LENGTH = 16 * 1024 * 1024;

/** Why a batch is refused as a whole; null if it is not. */
export function batchFault(messages: readonly unknown[], revision: string): string | null {
  if (revision > LAST_BATCH_REVISION) return `Revision ${revision} of MCP has no batches`;
  if (messages.length === 0) return 'An empty batch is no message';
  return messages.length > MAX_MESSAGES ? `A batch has at most ${MAX_MESSAGES} messages` : null;
}

/** Why a message cannot be part of a batch; null if it can. */
export function misplaced(message: Incoming): string | null {
  if (message.kind !== 'request') return null;
  if (message.method === 'initialize') return 'The handshake cannot be part of a batch';
  return isModern(message.method, message.params, null) ? 'The modern era has no batches' : null;
}

/** Collects the answers to the requests of one batch (JSON-RPC 2.0 section 6). */
export class BatchAnswers {
  #waiting: string[] = [];
  #length = 0;

  /** Takes an answer. One that would make the batch too long becomes an error. */
  add(id: RequestId | undefined, json: string): void {
    this.#length += json.length;
    if (this.#length <= MAX_ANSWER_LENGTH) this.#waiting.push(json);
    else {
      this.#length -= json.length;
      const why = 'The answers to this batch are too long: send its requests one by one';
      this.#waiting.push(writeError(id, new RpcError(RPC_INVALID_REQUEST, why)));
    }
  }

  /** Hands out the answers that were taken since the last time. */
  take(): readonly string[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}
