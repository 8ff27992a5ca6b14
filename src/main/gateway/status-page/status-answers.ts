import type { ServerResponse } from 'node:http';

/** Headers of every response. They forbid caching, content sniffing, referrers and use by other origins. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** Content security policy of responses that are not pages. They may load nothing at all. */
export const BARE_POLICY = "default-src 'none'; frame-ancestors 'none'";

/**
 * Returns the content security policy of a page. Only the style and the script with this nonce are allowed. The page
 * can only connect to its own server. `formTarget` is the origin that its forms finally lead to; it is needed, because
 * browsers also apply `form-action` to redirects.
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

/** Sends a response; HEAD gets only the headers. */
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

/** Responds with one sentence of plain text. */
export function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  answer(response, status, { 'content-type': 'text/plain; charset=utf-8', ...headers }, `${text}\n`);
}
