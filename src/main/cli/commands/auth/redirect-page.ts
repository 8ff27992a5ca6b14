import type { ServerResponse } from 'node:http';

/** A page that the browser shows after a redirect. The strings are constants, so they need no HTML escaping. */
export interface RedirectPage {
  readonly status: number;
  readonly title: string;
  readonly text: string;
}

/** All pages that the redirect listener can show. */
export const REDIRECT_PAGES = {
  done: { status: 200, title: 'Logged in', text: 'You can close this page and go back to the terminal.' },
  failed: { status: 400, title: 'The login failed', text: 'The terminal says why. You can close this page.' },
  unexpected: {
    status: 403,
    title: 'No login waits for this redirect',
    text: 'It was used before, or it belongs to another login. Start the login again in the terminal.',
  },
  otherHost: { status: 403, title: 'Refused', text: 'This address is not served under this host name.' },
  otherPath: { status: 404, title: 'Not found', text: 'Only the redirect of a login is served here.' },
  otherMethod: { status: 405, title: 'Refused', text: 'The redirect of a login is a GET request.' },
} as const satisfies Record<string, RedirectPage>;

/**
 * Answers a request with a page, and closes the connection. The headers forbid caching, framing, subresources and
 * referrers, because the address of the page contains an authorization code. Does nothing if the request was answered
 * before.
 */
export function renderRedirectPage(response: ServerResponse, { status, title, text }: RedirectPage): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
    ...(status === 405 && { allow: 'GET' }),
  });
  const head = `<meta charset="utf-8"><title>${title}</title>`;
  response.end(`<!doctype html><html lang="en">${head}<h1>${title}</h1><p>${text}</p></html>\n`);
}
