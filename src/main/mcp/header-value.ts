import { trimBlanks } from '../../shared/net/trim-blanks.ts';

const SENTINEL = /^=\?base64\?.*\?=$/;
const PLAIN = /^[\t\x20-\x7e]+$/;

/**
 * A text as the value of a header: as it is where that is plain ASCII, else as `=?base64?…?=` (MCP 2026-07-28, Streamable HTTP, value
 * encoding). What looks encoded already is encoded too, so that it is read as it was meant.
 */
export function encodeHeaderValue(text: string): string {
  const isPlain = PLAIN.test(text) && text === text.trim() && !SENTINEL.test(text);
  return isPlain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

/** The text that a header's value stands for; null where it is encoded and damaged. */
export function decodeHeaderValue(value: string): string | null {
  const trimmed = trimBlanks(value);
  if (!trimmed.startsWith('=?') || !SENTINEL.test(trimmed)) return trimmed;
  const encoded = trimmed.slice('=?base64?'.length, -'?='.length);
  const bytes = Buffer.from(encoded, 'base64');
  // Node passes over what is no base64: only what comes out as it went in was any.
  return bytes.toString('base64') === encoded ? bytes.toString('utf8') : null;
}
