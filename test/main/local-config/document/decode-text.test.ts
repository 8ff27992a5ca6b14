import { describe, expect, it } from 'vitest';
import { decodeText } from '../../../../src/main/local-config/document/decode-text.ts';

const TEXT = '{ "grüße": "🙂" }';

const bytesOf = (encoding: BufferEncoding, text: string): Buffer => Buffer.from(text, encoding);
const swapped = (text: string): Buffer => bytesOf('utf16le', text).swap16();

describe('decodeText', () => {
  it.each([
    ['UTF-8', bytesOf('utf8', TEXT)],
    ['UTF-8 with a byte order mark', bytesOf('utf8', `\ufeff${TEXT}`)],
    ['UTF-16 LE with a byte order mark', bytesOf('utf16le', `\ufeff${TEXT}`)],
    ['UTF-16 BE with a byte order mark', swapped(`\ufeff${TEXT}`)],
    ['UTF-16 LE without a byte order mark', bytesOf('utf16le', TEXT)],
    ['UTF-16 BE without a byte order mark', swapped(TEXT)],
  ])('decodeText() decodes %s', (_, bytes) => {
    expect(decodeText(bytes).replace(/^\ufeff/, '')).toBe(TEXT);
  });

  it.each([
    ['it is not UTF-8', [0x7b, 0xff]],
    ['it is neither UTF-8 nor UTF-16', [0xff, 0xfe, 0x7b]],
    ['it is neither UTF-8 nor UTF-16', [0xfe, 0xff, 0xd8, 0x00]],
  ])('decodeText() throws an error for invalid bytes in a config file: %s', (why, bytes) => {
    expect(() => decodeText(Uint8Array.from(bytes))).toThrow(why);
  });

  it('decodeText() returns an empty string for an empty file', () => {
    expect(decodeText(new Uint8Array())).toBe('');
  });
});
