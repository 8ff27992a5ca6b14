import type { IncomingHttpHeaders } from 'node:http';
import { systemClock } from '../../../../shared/clock.ts';
import { parseForeignJson } from '../../../../shared/json/parse-foreign.ts';
import { retryAfterMs } from '../../../../shared/net/retry-after.ts';
import {
  asRpcError,
  isObject,
  type JsonObject,
  RPC_UNSUPPORTED_VERSION,
  type RpcError,
} from '../../../mcp/json-rpc.ts';
import type { Sent } from '../../connection/connection.ts';
import { describeRefusal, type HttpRefusal } from '../../connection/http-refusal.ts';
import { namesModern, textNamesModern } from './modern-evidence.ts';
import { isSessionLoss, saysSessionLost } from './session-loss.ts';

/** The facts about an HTTP request that are needed to interpret its response. */
export interface HttpAsked {
  /** The MCP method, which errors mention, for example `initialize` or `tools/call`. */
  readonly step: string;
  /** The JSON-RPC id; null for a notification or a stream. */
  readonly id: number | string | null;
  /** Whether the request contained a session id: in a header or, over SSE, in its URL. */
  readonly hasSession: boolean;
}

/** An HTTP response whose body was not delivered as messages while it arrived. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body after decompression, truncated to a limit. It is never shown, because it may echo the request. */
  readonly body: string;
  /** Readable advice about refused credentials; null without advice. */
  readonly hint: string | null;
}

/** The meaning of an HTTP response. If `kind` is `answered`, `message` is the JSON-RPC response to the request. */
export type HttpVerdict = { readonly kind: 'answered'; readonly message: JsonObject } | HttpRefusal;

/**
 * Decides what an HTTP response means. The first row that applies is used, for Streamable HTTP, SSE and the handshake:
 *
 * | status | body | verdict |
 * | --- | --- | --- |
 * | any | has the response to the request | answered |
 * | 401, 403 | | refused: the credentials |
 * | 404, the request named a session | | session lost, did not run |
 * | 400 | an error without an id, with code and words of a lost session | session lost, did not run |
 * | 410, the request named a session | | session lost, may have run |
 * | any other from 400 on, the request named a session | words of a lost session | session lost, may have run |
 * | 429; 5xx with `Retry-After` | | retry after |
 * | 3xx, 4xx | | refused |
 * | 2xx, 5xx | | may have run |
 */
export function judgeAnswer(asked: HttpAsked, answer: HttpAnswer, nowMs: number = systemClock.now()): HttpVerdict {
  const { status, headers } = answer;
  const contentType = mediaTypeOf(headers);
  const messages = messagesIn(answer.body, contentType);
  const message = messages.find((each) => answers(each, asked.id));
  if (message !== undefined) return { kind: 'answered', message };
  const error = errorIn(messages);
  const waitMs = retryAfterMs(firstOf(headers['retry-after']), nowMs);
  const loss = lossOf(asked, answer, error);
  return {
    kind: loss === null ? kindOf(status, waitMs) : 'session-lost',
    step: asked.step,
    status,
    contentType,
    rpcCode: error?.error.code ?? null,
    namesModern: isModernServer(asked, answer, error),
    sent: loss ?? 'maybe',
    retryAfterMs: waitMs,
    hint: answer.hint,
  };
}

function kindOf(status: number, waitMs: number | null): HttpRefusal['kind'] {
  if (status === 429 || (status >= 500 && waitMs !== null)) return 'retry-after';
  return status >= 300 && status < 500 ? 'refused' : 'may-have-run';
}

/** If the response says that the session is lost, returns whether the request may have run. Otherwise returns null. */
function lossOf({ hasSession }: HttpAsked, { status, body }: HttpAnswer, error: ErrorInBody | null): Sent | null {
  if (status < 400 || status === 401 || status === 403 || status === 429) return null;
  if (status === 404 && hasSession) return 'no';
  if (status === 400 && error?.isNameless === true && isSessionLoss(error.error)) return 'no';
  if (!hasSession) return null;
  return status === 410 || saysSessionLost(error?.error.message ?? body) ? 'maybe' : null;
}

function isModernServer({ step }: HttpAsked, { status, body }: HttpAnswer, error: ErrorInBody | null): boolean {
  if (error !== null && (status === 400 || error.error.code === RPC_UNSUPPORTED_VERSION))
    return namesModern(step, error.error);
  return status === 400 && textNamesModern(step, body);
}

/** Describes a response in words, without its body. */
export function describeAnswer(
  { step }: HttpAsked,
  { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>,
): string {
  return describeRefusal({ step, status, contentType: mediaTypeOf(headers), rpcCode: null });
}

/**
 * Returns the messages in a body, which is a JSON-RPC message, a batch of messages, or events with messages as data.
 */
function messagesIn(body: string, contentType: string | null): readonly JsonObject[] {
  const texts = contentType === 'text/event-stream' ? eventsIn(body) : [body];
  return texts.flatMap((text) => {
    try {
      const value = parseForeignJson(text);
      return (Array.isArray(value) ? value : [value]).filter(isObject);
    } catch {
      return [];
    }
  });
}

function eventsIn(body: string): readonly string[] {
  const data = body.split(/\r\n|\r|\n/).filter((line) => line.startsWith('data:'));
  return data.map((line) => line.slice('data:'.length));
}

/** Whether a message is the response to the request with the id `asked`. Some servers answer the id 7 as "7". */
function answers({ id, result, error, method }: JsonObject, asked: HttpAsked['id']): boolean {
  if (asked === null || method !== undefined || id === undefined || id === null) return false;
  return String(id) === String(asked) && (isObject(result) || asRpcError(error) !== null);
}

/** A JSON-RPC error in a body that is not a response to the request. */
interface ErrorInBody {
  readonly error: RpcError;
  /** Whether the error has no request id: MCP 2025-11-25 omits the id, and JSON-RPC sets it to null. */
  readonly isNameless: boolean;
}

function errorIn(messages: readonly JsonObject[]): ErrorInBody | null {
  for (const { id, error } of messages) {
    const rpcError = asRpcError(error);
    if (rpcError !== null) return { error: rpcError, isNameless: id === null || id === undefined };
  }
  return null;
}

/**
 * Returns the media type of a response, in lower case and without parameters; null if it is missing or not safe to
 * show.
 */
function mediaTypeOf(headers: IncomingHttpHeaders): string | null {
  const type = firstOf(headers['content-type'])?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,64}$/.test(type) ? type : null;
}

/** Returns the first value of a header. If a header occurs twice, undici returns its values as a list. */
function firstOf(header: string | readonly string[] | undefined): string | null {
  return (typeof header === 'string' ? header : header?.[0]) ?? null;
}
