import type { IncomingMessage } from 'node:http';

/** Resolves with the body of a request; null where it is longer than `maxBytes`, of which no more is read than that. Rejects where the client breaks off. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      resolve(null);
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.pause();
        resolve(null);
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)));
    request.on('error', reject);
    // A request closes after its end too, and an error is not made for nothing.
    request.on('close', () => request.complete || reject(new Error('The client broke off')));
  });
}
