import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request was sent by a page of the gateway itself. A browser sends the origin `null` from a form on a page
 * with the referrer policy `no-referrer` (Fetch, "append a request Origin header"). `Sec-Fetch-Site`, which no page can
 * set, then says whose it is.
 */
export function isOwnPage({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (origin === 'null') return site === 'same-origin';
  if (origin !== undefined) return URL.parse(origin)?.host === host?.toLowerCase();
  return site === undefined || site === 'same-origin' || site === 'none';
}

/**
 * Whether somebody looks at an address whom nobody sent there: a browser that fetches pages ahead, a preview, or a page
 * that embeds it or fetches it by a script.
 */
export function isNoVisit(headers: IncomingHttpHeaders): boolean {
  const purposes = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map((name) => String(headers[name] ?? ''));
  if (purposes.some((purpose) => /prefetch|prerender|preview/i.test(purpose))) return true;
  return (headers['sec-fetch-dest'] ?? 'document') !== 'document';
}
