import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretTexts } from '../../../src/main/masking/secret-texts.ts';

const hidden = (...secrets: readonly string[]): SecretTexts => {
  const texts = new SecretTexts();
  for (const secret of secrets) texts.add(secret);
  return texts;
};

const base64At = (secret: string, before: string, after: string): string =>
  Buffer.from(`${before}${secret}${after}`).toString('base64');

/** The encodings of a secret that are searched for, each with the function that creates it. */
const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  percent: (secret) => encodeURIComponent(secret),
  'percent in lower case': (secret) => encodeURIComponent(secret).replace(/%../g, (hex) => hex.toLowerCase()),
  'percent twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  form: (secret) => new URLSearchParams({ a: secret }).toString(),
  json: (secret) => JSON.stringify(secret),
  'json twice': (secret) => JSON.stringify(JSON.stringify(secret)),
  'json in ASCII': (secret) =>
    Array.from({ length: secret.length }, (_, at) => `\\u${secret.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  'hex in upper case': (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
};

describe('SecretTexts', () => {
  it('SecretTexts masks a secret in ten encodings, in texts and in member names', () => {
    const secret = fc
      .string({ unit: 'grapheme', minLength: 4, maxLength: 40 })
      .filter((text) => text.trim().length >= 4 && !/[\r\n]/.test(text) && text.isWellFormed())
      .map((text) => text.trim());
    fc.assert(
      fc.property(secret, fc.constantFrom(...Object.keys(FORMS)), (text, form) => {
        const written = FORMS[form]?.(text) ?? '';
        const masked = hidden(text).mask({ [`name ${written}`]: [`before ${written} after`] });
        expect(JSON.stringify(masked)).toContain('***masked***');
        const [[name, [value] = []] = []] = Object.entries(masked as Record<string, string[]>);
        for (const one of [name, value]) expect(one).not.toContain(written);
      }),
    );
  });

  it('SecretTexts masks a secret that is part of a base64 or base64url text, at any offset', () => {
    const part = fc.string({ unit: 'grapheme-ascii', maxLength: 7 });
    const secret = fc
      .string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 40 })
      .filter((it) => it.trim().length >= 8);
    fc.assert(
      fc.property(part, secret, part, fc.boolean(), (before, text, after, isUrl) => {
        const plain = base64At(text.trim(), before, after);
        const written = isUrl ? plain.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') : plain;
        expect(hidden(text).maskText(`x ${written} y`)).toContain('***masked***');
      }),
    );
  });

  it('SecretTexts masks no other texts, and no secrets that are too short to be distinctive', () => {
    const texts = hidden('abc', '', 'correct horse battery');
    expect(texts.mask({ a: ['abc', 1, null, true, 'correct horse'] })).toEqual({
      a: ['abc', 1, null, true, 'correct horse'],
    });
    expect(hidden('73550').mask([73_550, 73_551, '735500'])).toEqual(['***masked***', 73_551, '***masked***0']);
  });

  it('SecretTexts masks parts of a secret that is very long or has several lines', () => {
    const long = Array.from({ length: 40 }, (_, line) => `line ${line} of a private key ${'k'.repeat(40)}`).join('\n');
    const masked = hidden(long, `${'a1'.repeat(4_000)}`).maskText(
      `${long.split('\n').slice(3, 20).join('\n')} ${'a1'.repeat(4_000)}`,
    );
    expect(masked).not.toContain('a private key kkk');
    expect(masked).not.toContain('a1a1a1');
  });
});
