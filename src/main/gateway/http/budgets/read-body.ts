import type { IncomingMessage, ServerResponse } from 'node:http';
import { startTimer } from '../../../../shared/clock.ts';
import type { BodyBudget } from './body-budget.ts';

/** A body that is refused is still read so far, and for so long, that its client can read why. */
const DRAIN_BYTES = 64 * 1024 * 1024;
const DRAIN_MS = 5_000;

/**
 * Refused bodies that are read so far at once. Of any more only the first part is read: the buffers of 300 of them took
 * 50 MB, and their clients read the answer before the reset that follows it in almost all cases.
 */
const MOST_DRAINS = 8;
const SHORT_DRAIN_BYTES = 64 * 1024;
let drainCount = 0;

/** Bodies up to here are read as they come. */
const LARGE_BYTES = 64 * 1024;

/**
 * Pauses a request until the next turn of the event loop. Without this, libuv reads up to 32 times from one socket
 * before it turns to the next: 2 MiB of each of many large bodies would be in memory at once.
 */
function restForATurn(request: IncomingMessage): void {
  request.pause();
  setImmediate(() => request.resume());
}

/** A body; or why there is none: it is too long, or there is no room for it now. */
export type ReadBody = Buffer | 'too-long' | 'no-room';

/**
 * Reads the body of a request. No more than `maxBytes` are kept, and no more than the budget allows. Rejects if the
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
  // A request closes after its end too. Creating an error each time would cost for nothing.
  request.once('close', () => {
    body[Symbol.dispose]();
    if (!request.complete) reject(new Error('The client broke off'));
  });
  return promise;
}

/**
 * Answers a request whose body is not wanted, and closes the connection. A connection that is closed while the client
 * still sends is reset, and the client would never see the answer: so the rest is read, up to a limit, and dropped.
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
  // The client has all of the answer now, by its length.
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
