import type { IncomingMessage, ServerResponse } from 'node:http';
import { startTimer } from '../../../../shared/clock.ts';
import type { BodyBudget } from './body-budget.ts';

/** Maximum bytes and time for reading a refused body to its end, so that its client can read the error. */
const DRAIN_BYTES = 64 * 1024 * 1024;
const DRAIN_MS = 5_000;

/**
 * Maximum number of refused bodies that are read up to `DRAIN_BYTES` at the same time. Of each further refused body,
 * only `SHORT_DRAIN_BYTES` are read, because many such bodies would take too much memory. Nearly all clients still read
 * the error before the connection is reset.
 */
const MOST_DRAINS = 8;
const SHORT_DRAIN_BYTES = 64 * 1024;
let drainCount = 0;

/** Bodies up to this size are read without pauses. */
const LARGE_BYTES = 64 * 1024;

/**
 * Pauses a request until the next turn of the event loop. Without this, libuv would read up to 32 times from one socket
 * before it reads from the next. With many large bodies, 2 MiB of each would then be in memory at the same time.
 */
function restForATurn(request: IncomingMessage): void {
  request.pause();
  setImmediate(() => request.resume());
}

/** A body, or the reason why it was not read: too long, or no room for it now. */
export type ReadBody = Buffer | 'too-long' | 'no-room';

/**
 * Reads the body of a request. Keeps at most `maxBytes` bytes, and at most what the budget allows. Rejects if the
 * client disconnects.
 */
export function readBody(
  request: IncomingMessage,
  caller: string,
  maxBytes: number,
  budget: BodyBudget,
): Promise<ReadBody> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadBody>();
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve('too-long');
  let chunks: Buffer[] = [];
  let size = 0;
  const over = (outcome: ReadBody): void => {
    request.off('data', onData);
    body[Symbol.dispose]();
    chunks = [];
    resolve(outcome);
  };
  const body = budget.open(caller, () => over('no-room'));
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > maxBytes) over('too-long');
    else if (!body.add(chunk.length)) over('no-room');
    else chunks.push(chunk);
    if (size > LARGE_BYTES) restForATurn(request);
  };
  request.on('data', onData);
  request.once('end', () => over(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)));
  request.on('error', reject);
  // `close` is also emitted after a complete request. In that case no error is needed, and creating one would be
  // wasteful.
  request.once('close', () => {
    body[Symbol.dispose]();
    if (!request.complete) reject(new Error('The client disconnected'));
  });
  return promise;
}

/**
 * Responds to a request whose body is not needed, and closes the connection. If the connection were closed while the
 * client still sends, it would be reset and the client would not see the response. So the rest of the body is read up
 * to a limit, and dropped.
 */
export function answerUnread(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  json: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const length = String(Buffer.byteLength(json));
  response.writeHead(status, {
    ...{ 'content-type': 'application/json', 'content-length': length, connection: 'close' },
    ...headers,
  });
  // The header `content-length` tells the client that this is the complete response, although the response is not ended
  // yet.
  response.write(json);
  let read = 0;
  const mostBytes = drainCount < MOST_DRAINS ? DRAIN_BYTES : SHORT_DRAIN_BYTES;
  drainCount += 1;
  const end = (): void => {
    if (response.writableEnded) return;
    drainCount -= 1;
    timer.cancel();
    response.end();
  };
  const timer = startTimer(DRAIN_MS, end);
  request.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > mostBytes) end();
    else restForATurn(request);
  });
  request.once('end', end);
  request.once('close', end);
  request.on('error', () => {});
  if (request.complete && request.readableEnded) end();
  else request.resume();
}
