import { describe, expect, it } from 'vitest';
import { decodeHeaderValue, encodeHeaderValue } from '../../../src/main/mcp/header-value.ts';

describe('encodeHeaderValue and decodeHeaderValue', () => {
  it.each(['plain', 'ü', ' padded ', '=?base64?eA==?=', 'a\nb', ''])(
    'decodes %j to the text that was encoded',
    (text) => {
      expect(decodeHeaderValue(encodeHeaderValue(text))).toBe(text);
    },
  );

  it.each(['=?base64?SGVsbG8?=', '=?base64?SGVs!!!bG8=?='])('decodes the damaged value %j to null', (value) => {
    expect(decodeHeaderValue(value)).toBeNull();
  });
});
