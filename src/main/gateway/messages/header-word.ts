import type { IncomingHttpHeaders } from 'node:http';

/** Matches a header with a single value, which is the common case. */
const WORD = /^[^\s,]+$/;

/**
 * Returns the value of a header that contains one word, such as a revision or a session id. Undefined if the header is
 * missing or empty. If a proxy repeats a header, Node.js joins the values with commas. In that case equal values count
 * as one value.
 */
export function headerWord(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  if (typeof value !== 'string') return undefined;
  if (WORD.test(value)) return value;
  const [first = '', ...others] = value.split(',').map((word) => word.trim());
  const word = others.every((other) => other === first) ? first : value.trim();
  return word === '' ? undefined : word;
}
