import type { IncomingMessage } from 'node:http';

/** Maximum size of a form, in bytes. A login form has at most two fields. */
const MAX_BYTES = 8 * 1024;

/** Reason why a form cannot be read, as an HTTP status. */
export type FormFault = 413 | 415;

/**
 * Reads the fields of a form that was sent by POST. An oversized form is read to its end within the request timeout,
 * and dropped; otherwise its client could not read the response. Rejects if the client disconnects.
 */
export function readForm(request: IncomingMessage): Promise<URLSearchParams | FormFault> {
  const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams | FormFault>();
  const isForm = /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(request.headers['content-type'] ?? '');
  let chunks: Buffer[] = [];
  let size = 0;
  const refuse = (fault: FormFault): void => {
    chunks = [];
    resolve(fault);
  };
  if (!isForm) refuse(415);
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_BYTES) refuse(413);
    else if (isForm) chunks.push(chunk);
  });
  request.once('end', () => resolve(new URLSearchParams(Buffer.concat(chunks).toString('utf8'))));
  request.once('close', () => reject(new Error('The client disconnected')));
  request.on('error', reject);
  return promise;
}
