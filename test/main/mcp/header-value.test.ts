import { describe, expect, it } from 'vitest';
import { decodeHeaderValue, encodeHeaderValue } from '../../../src/main/mcp/header-value.ts';

describe('encodeHeaderValue and decodeHeaderValue', () => {
  it.each(['plain', 'ü', ' padded ', '=?base64?eA==?=', 'a\nb', ''])(
    'decodeHeaderValue() restores the string %j from its encoded form',
    (text) => {
      expect(decodeHeaderValue(encodeHeaderValue(text))).toBe(text);
    },
  );

  it.each(['=?base64?SGVsbG8?=', '=?base64?SGVs!!!bG8=?='])(
    'decodeHeaderValue() returns null for the damaged value %j',
    (value) => {
      expect(decodeHeaderValue(value)).toBeNull();
    },
  );
});
