import type { IncomingHttpHeaders } from 'node:http';

/** Matches a header with a single value, which is the common case. */
const WORD = /^[^\s,]+$/;

/**
 * Returns the value of a header that holds one word, such as a revision or a session id. Undefined if it is missing or
 * empty. A proxy may repeat a header, and Node.js joins the values with commas: equal values count as one.
 */
export function headerWord(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  if (typeof value !== 'string') return undefined;
  if (WORD.test(value)) return value;
  const [first = '', ...others] = value.split(',').map((word) => word.trim());
  const word = others.every((other) => other === first) ? first : value.trim();
  return word === '' ? undefined : word;
}
