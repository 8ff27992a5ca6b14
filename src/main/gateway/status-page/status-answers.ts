import type { ServerResponse } from 'node:http';

/** For everything that is answered here: nothing is kept, guessed, framed, or told to others. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** What is no page may load nothing at all. */
export const BARE_POLICY = "default-src 'none'; frame-ancestors 'none'";

/**
 * For a page: only the style and the script of this nonce count, and only its own server is asked. `formTarget` is the
 * origin that its forms lead to in the end: browsers apply `form-action` to redirects too.
 */
export function pagePolicy(nonce: string, formTarget: string | null = null): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    `form-action 'self'${formTarget === null ? '' : ` ${formTarget}`}`,
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Answers with this; a HEAD gets the head alone. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  const isHead = response.req.method === 'HEAD';
  response
    .writeHead(status, {
      ...COMMON_HEADERS,
      'content-security-policy': BARE_POLICY,
      'content-length': String(Buffer.byteLength(body)),
      ...headers,
    })
    .end(isHead ? undefined : body);
}

/** Answers with a sentence. */
export function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  answer(response, status, { 'content-type': 'text/plain; charset=utf-8', ...headers }, `${text}\n`);
}
