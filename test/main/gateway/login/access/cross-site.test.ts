import { expect, it } from 'vitest';
import { isNoVisit, isOwnPage } from '../../../../../src/main/gateway/login/access/cross-site.ts';

const host = '127.0.0.1:3737';

it.each([
  [{ host, origin: 'http://127.0.0.1:3737' }, true],
  [{ host: 'Tools.example.com', origin: 'https://tools.example.com' }, true],
  [{ host, origin: 'null', 'sec-fetch-site': 'same-origin' }, true],
  [{ host }, true],
  [{ host, 'sec-fetch-site': 'none' }, true],
  [{ host, origin: 'null' }, false],
  [{ host, origin: 'null', 'sec-fetch-site': 'same-site' }, false],
  [{ host, origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-origin' }, false],
  [{ host, origin: 'junk' }, false],
  [{ host, origin: '' }, false],
  [{ host, 'sec-fetch-site': 'cross-site' }, false],
])(
  'isOwnPage() decides whether a request with the headers %j may come from a page of the gateway: %s',
  (headers, expected) => {
    expect(isOwnPage(headers)).toBe(expected);
  },
);

it.each([
  [{}, false],
  [{ 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }, false],
  [{ 'sec-fetch-mode': 'cors' }, false],
  [{ 'sec-purpose': 'prefetch' }, true],
  [{ 'sec-purpose': 'prefetch;prerender' }, true],
  [{ purpose: 'Prefetch' }, true],
  [{ 'x-purpose': 'preview' }, true],
  [{ 'x-moz': 'prefetch' }, true],
  [{ 'sec-fetch-dest': 'iframe' }, true],
  [{ 'sec-fetch-dest': 'empty' }, true],
])(
  'isNoVisit() decides whether the headers %j belong to a prefetch or an embedded page, and not to a visit: %s',
  (headers, expected) => {
    expect(isNoVisit(headers)).toBe(expected);
  },
);
