import type { IncomingHttpHeaders } from 'node:http';

/**
 * True if a page of the gateway itself sent the request. A browser sends the origin `null` from a form on a page with
 * the referrer policy `no-referrer` (Fetch, "append a request Origin header"). In that case, `Sec-Fetch-Site` says
 * whether the page has the same origin. No page can set this header.
 */
export function isOwnPage({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (origin === 'null') return site === 'same-origin';
  if (origin !== undefined) return URL.parse(origin)?.host === host?.toLowerCase();
  return site === undefined || site === 'same-origin' || site === 'none';
}

/**
 * True if a request does not come from a person who visits the address. Examples are a prefetch, a preview, and a
 * request of a page that embeds the address or fetches it by script.
 */
export function isNoVisit(headers: IncomingHttpHeaders): boolean {
  const purposes = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map((name) => String(headers[name] ?? ''));
  if (purposes.some((purpose) => /prefetch|prerender|preview/i.test(purpose))) return true;
  return (headers['sec-fetch-dest'] ?? 'document') !== 'document';
}
