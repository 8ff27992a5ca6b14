import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { answer, BARE_POLICY, COMMON_HEADERS } from '../status-page/status-answers.ts';
import { renderRefusal } from './pages/render-pages.ts';

type Headers = Readonly<Record<string, string | readonly string[]>>;

/**
 * Responds with a page that has no script, loads nothing and cannot be framed. `formTargets` are the CSP sources that
 * its form may lead to, in addition to the gateway. Browsers also apply `form-action` to the redirects that follow a
 * form.
 */
export function answerPage(
  response: ServerResponse,
  status: number,
  render: (nonce: string) => string,
  { formTargets = [], headers = {} }: { readonly formTargets?: readonly string[]; readonly headers?: Headers } = {},
): void {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    'img-src data:',
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  answer(
    response,
    status,
    {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      ...(headers as Record<string, string>),
    },
    render(nonce),
  );
}

/** Redirects the browser to another address, by GET. */
export function redirect(response: ServerResponse, location: string, headers: Headers = {}): void {
  response.writeHead(303, { ...COMMON_HEADERS, 'content-security-policy': BARE_POLICY, ...headers, location }).end();
}

/** Refuses a request without revealing anything about its target. */
export function refusePage(
  response: ServerResponse,
  status: number,
  why: string,
  {
    title = 'Request refused',
    again = null,
    headers = {},
  }: { title?: string; again?: string | null; headers?: Headers } = {},
): void {
  answerPage(response, status, (nonce) => renderRefusal(title, why, again, nonce), { headers });
}
