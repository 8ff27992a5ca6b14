import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseChallenges,
  readChallenge,
  readScopes,
} from '../../../../../src/main/connectors/credentials/oauth/challenge.ts';

const url = new URL('https://mcp.test/mcp');
const read = (wwwAuthenticate: string | null) =>
  readChallenge({ status: 401, wwwAuthenticate, url, dpopNonce: null, resends: 0, method: 'POST' });
const parse = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe('readChallenge', () => {
  it('readChallenge() reads the metadata URL, the scope and the error of a Bearer challenge', () => {
    const header =
      'Bearer resource_metadata="https://mcp.test/.well-known/oauth-protected-resource/mcp", scope="a b", error="invalid_token"';
    expect(read(header)).toEqual({
      schemes: ['bearer'],
      resourceMetadataUrl: new URL('https://mcp.test/.well-known/oauth-protected-resource/mcp'),
      scope: 'a b',
      error: 'invalid_token',
    });
  });

  it('readChallenge() returns nothing if there is no WWW-Authenticate header', () => {
    expect(read(null)).toEqual({ schemes: [], resourceMetadataUrl: null, scope: null, error: null });
  });

  it('readChallenge() reads the Bearer challenge among several challenges, at any position', () => {
    const header =
      'Basic realm="a, Bearer scope=\\"no\\"", DPoP algs="ES256", scope="of dpop", BEARER scope="of bearer"';
    expect(read(header)).toMatchObject({ schemes: ['basic', 'dpop', 'bearer'], scope: 'of bearer' });
  });

  it('readChallenge() reads the DPoP challenge if there is no Bearer challenge', () => {
    expect(read('DPoP algs="ES256", scope="s"')).toMatchObject({ schemes: ['dpop'], scope: 's' });
  });

  it.each([
    ['resolves a metadata path against the request URL', '/.well-known/x', 'https://mcp.test/.well-known/x'],
    ['removes the fragment of a metadata URL', 'https://a.test/x#y', 'https://a.test/x'],
    ['ignores a javascript: URL as the metadata URL', 'javascript:alert(1)', null],
    ['ignores a file: URL as the metadata URL', 'file:///etc/passwd', null],
    ['ignores a metadata URL with credentials', 'https://user:pw@a.test/', null],
    ['ignores an invalid metadata URL', 'https://[', null],
    ['ignores an empty metadata URL', '', null],
  ])('readChallenge() %s', (_, text, expected) => {
    expect(read(`Bearer resource_metadata="${text}"`).resourceMetadataUrl?.href ?? null).toBe(expected);
  });

  it('readChallenge() drops an error that is not a valid code', () => {
    expect(read('Bearer error="<script>"').error).toBe(null);
    expect(read(`Bearer error="${'x'.repeat(65)}"`).error).toBe(null);
  });
});

describe('parseChallenges', () => {
  it.each<[string, string, readonly unknown[]]>([
    ['one scheme and no parameters', 'Bearer', [['bearer', {}]]],
    [
      'several schemes and no parameters',
      'Negotiate, Bearer',
      [
        ['negotiate', {}],
        ['bearer', {}],
      ],
    ],
    [
      'token68 credentials',
      'Basic YTpi==, Bearer a=b',
      [
        ['basic', { ytpi: '=' }],
        ['bearer', { a: 'b' }],
      ],
    ],
    [
      'token68 credentials without padding',
      'NTLM TlRM, Bearer a=b',
      [
        ['ntlm', {}],
        ['bearer', { a: 'b' }],
      ],
    ],
    ['spaces around =', 'Bearer a = "b" , c= d', [['bearer', { a: 'b', c: 'd' }]]],
    ['escapes', 'Bearer a="x\\"y\\\\z"', [['bearer', { a: 'x"y\\z' }]]],
    [
      'a parameter in two spellings, of which the first counts',
      'Bearer SCOPE="a", scope="b"',
      [['bearer', { scope: 'a' }]],
    ],
    ['empty elements', ', ,Bearer ,, a=b,,', [['bearer', { a: 'b' }]]],
    ['missing commas', 'Bearer a="b" c="d"', [['bearer', { a: 'b', c: 'd' }]]],
    [
      'a missing comma before a scheme',
      'Bearer a="b" Basic realm="c"',
      [
        ['bearer', { a: 'b' }],
        ['basic', { realm: 'c' }],
      ],
    ],
    ['URLs without quotes', 'Bearer r=https://a.test/b?c=d, e=f', [['bearer', { r: 'https://a.test/b?c=d', e: 'f' }]]],
    ['an unterminated quoted string', 'Bearer a="b, c=d', [['bearer', { a: 'b, c=d' }]]],
    ['a backslash at the end', 'Bearer a="b\\', [['bearer', { a: 'b' }]]],
    ['parameters without a scheme', 'realm="x"', []],
    ['a quoted string without a name', '"x", Bearer', [['bearer', {}]]],
    ['equals signs without names or values', '=, =="x", Bearer a=', [['bearer', { a: '' }]]],
    ['line breaks', 'Bearer\r\n a="b"', [['bearer', { a: 'b' }]]],
  ])('parseChallenges() parses a header with %s', (_, header, expected) => {
    expect(parse(header)).toEqual(expected);
  });

  it('parseChallenges() never throws, whatever the header', () => {
    const pieces = fc.constantFrom('Bearer', ' ', ',', '=', '"', '\\', 'scope', 'é', '\u0000', 'a', '\t', '==');
    // A header consists of bytes, which arrive as characters up to U+00FF.
    const headers = fc.oneof(
      fc.string({ unit: fc.nat(0xff).map((code) => String.fromCharCode(code)) }),
      fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')),
    );
    fc.assert(fc.property(headers, (header) => void read(header)));
  });

  it('parseChallenges() parses every challenge that follows the grammar', () => {
    const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
    const value = fc.oneof(
      token.map((text) => ({ text, written: text })),
      fc.string().map((text) => ({ text, written: `"${text.replace(/["\\]/g, '\\$&')}"` })),
    );
    const parameters = fc.uniqueArray(fc.tuple(token, value), {
      selector: ([name]) => name.toLowerCase(),
      maxLength: 4,
    });
    const blanks = fc.constantFrom('', ' ', '  ', '\t');
    const challenges = fc.array(fc.tuple(token, parameters, blanks, blanks), { maxLength: 4 });
    fc.assert(
      fc.property(challenges, (all) => {
        const written = all.map(([scheme, list, before, after]) => {
          const texts = list.map(([name, { written: text }]) => `${name}${before}=${after}${text}`);
          return texts.length === 0 ? scheme : `${scheme} ${texts.join(`${after},${before}`)}`;
        });
        const expected = all.map(([scheme, list]) => [
          scheme.toLowerCase(),
          list.map(([name, { text }]) => [name.toLowerCase(), text]),
        ]);
        const found = parseChallenges(written.join(', ')).map(({ scheme, parameters: map }) => [scheme, [...map]]);
        expect(found).toEqual(expected);
      }),
    );
  });

  it('parseChallenges() parses a long header of quotes and backslashes in linear time', () => {
    const header = `Bearer ${'a="\\'.repeat(200_000)}`;
    const start = performance.now();
    parseChallenges(header);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describe('readScopes', () => {
  it.each([
    [' a  b\ta ', 'a b'],
    ['a "b" c\\d é', 'a'],
    ['', null],
    [null, null],
  ])('readScopes() reads %j as %j', (text, expected) => {
    expect(readScopes(text)).toBe(expected);
  });

  it('readScopes() returns at most 4 096 characters', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `scope${index}`).join(' ');
    expect(readScopes(many)?.length).toBeLessThanOrEqual(4_096);
  });
});
