import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cleanDescription,
  jsonResponse,
  readRefusal,
  refusalWords,
  watchFetch,
} from '../../../../../../src/main/connectors/credentials/oauth/answers/foreign-answers.ts';
import { json, loginRequest, scriptedFetch } from '../../../../../helpers/logins/login-parts.ts';

const SECRET = 'a-secret+of/this=test';

describe('cleanDescription', () => {
  it('cleanDescription() returns one line of at most 200 visible ASCII characters', () => {
    expect(cleanDescription(' one\r\n\ttwo \u001b[2Jthree \u202e four é', [])).toBe('one two [2Jthree four');
    expect(cleanDescription('x'.repeat(300), [])).toMatch(/^x{197}\.\.\.$/);
  });

  it.each([null, 1, {}, '', '\n', 'x'.repeat(5_000)])('cleanDescription() returns null for %j', (text) => {
    expect(cleanDescription(text, [])).toBe(null);
  });

  it.each([
    `bad token ${SECRET}`,
    `bad token ${SECRET.slice(2, 14)}...`,
    `bad token ${encodeURIComponent(SECRET)}`,
    `bad token ${SECRET.slice(0, 6)}\n${SECRET.slice(6)}`,
  ])('cleanDescription() drops the string %j, which contains a part of a secret', (text) => {
    expect(cleanDescription(text, [SECRET])).toBe(null);
  });

  it('cleanDescription() drops a string that contains a secret, but ignores secrets of one character', () => {
    expect(cleanDescription('the session is over', ['s'])).toBe('the session is over');
    expect(cleanDescription('the secret abc is wrong', ['abc'])).toBe(null);
    expect(cleanDescription('password hunter2?', ['hunter2'])).toBe(null);
  });

  it('cleanDescription() never reveals 12 consecutive characters of a secret', () => {
    const secrets = fc.stringMatching(/^[!-~]{12,60}$/);
    fc.assert(
      fc.property(
        secrets,
        fc.string({ maxLength: 80 }),
        fc.string({ maxLength: 80 }),
        fc.nat(60),
        (secret, a, b, at) => {
          const start = at % (secret.length - 11);
          const shown = cleanDescription(a + secret.slice(start, start + 12) + b, [secret]);
          if (shown === null) return;
          for (let from = 0; from + 12 <= secret.length; from += 1)
            expect(shown.includes(secret.slice(from, from + 12))).toBe(false);
        },
      ),
    );
  });
});

describe('readRefusal', () => {
  it('readRefusal() hides a string if it would take long to search it for parts of a very long token', () => {
    const body = { error: 'invalid_grant', error_description: 'ab'.repeat(2_048), access_token: 'c'.repeat(1_000_000) };
    expect(readRefusal(body, [])).toEqual({ error: null, description: null });
    const startedMs = performance.now();
    const { error } = readRefusal({ ...body, access_token: 'abababababac'.repeat(10_000) }, ['d'.repeat(65_536)]);
    expect(error).toBe('invalid_grant');
    // A search in quadratic time would take much longer.
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('readRefusal() reads the code of a refusal that contains a token in invalid Unicode', () => {
    const body = { error: 'invalid_grant', access_token: 'half of a pair \ud800' };
    expect(readRefusal(body, []).error).toBe('invalid_grant');
  });

  it('readRefusal() reads the code and the description of a refusal by an issuer', () => {
    expect(readRefusal({ error: 'invalid_grant', error_description: 'over' }, [])).toEqual({
      error: 'invalid_grant',
      description: 'over',
    });
  });

  it.each([
    ['a code with invalid characters', { error: 'a b' }],
    ['a long code', { error: 'x'.repeat(65) }],
    ['a code that equals the secret', { error: 'secret_of_a_test' }],
    ['a code that equals a token in the same response', { error: 'given_token_1', access_token: 'given_token_1' }],
    ['an object in place of a code', { error: { code: 401 } }],
  ])('readRefusal() hides %s', (_, body) => {
    expect(readRefusal(body, ['secret_of_a_test']).error).toBe(null);
  });
});

describe('watchFetch', () => {
  const show = (body: Readonly<Record<string, unknown>> | null) => jsonResponse({ shown: body !== null }, 200);

  it('watchFetch() reports the status and error of a response, and passes on only what its filter returns', async () => {
    const { fetch } = scriptedFetch(() => json({ error: 'e', error_description: 'd', more: 1 }, 400));
    const watched = watchFetch(loginRequest(fetch), show);
    expect(watched.seen()).toMatchObject({ isSent: false, status: null });
    const response = await watched.fetch('https://a.test/', {});
    expect(await response.text()).toBe('{"shown":true}');
    expect(watched.seen()).toMatchObject({ isSent: true, status: 400, error: 'e', description: 'd' });
    expect(refusalWords(watched.seen())).toBe('e: d');
  });

  it.each(['<html>', '[1]', '"x"', '', '{'])(
    'watchFetch() recognizes that the body %j is not a JSON object',
    async (text) => {
      const { fetch } = scriptedFetch(() => new Response(text));
      const response = await watchFetch(loginRequest(fetch), show).fetch('https://a.test/', {});
      expect(await response.text()).toBe('{"shown":false}');
    },
  );

  it('watchFetch() rejects JSON that nests too deeply, and reports that the request was sent', async () => {
    const { fetch } = scriptedFetch(() => new Response(`{"a":${'['.repeat(1_000)}`));
    const watched = watchFetch(loginRequest(fetch), show);
    await expect(watched.fetch('https://a.test/', {})).rejects.toMatchObject({ code: 'LOGIN_METADATA_INVALID' });
    expect(watched.seen()).toMatchObject({ isSent: true, status: 200 });
  });

  it.each([
    ['ECONNREFUSED', false],
    ['ENOTFOUND', false],
    ['CONNECTOR_ADDRESS_REFUSED', false],
    ['UND_ERR_CONNECT_TIMEOUT', false],
    ['CERT_HAS_EXPIRED', false],
    ['ECONNRESET', true],
    ['UND_ERR_SOCKET', true],
    ['SOMETHING_ELSE', true],
  ])(
    'after the network error %s, watchFetch() reports whether the request may have been sent: %s',
    async (code, isSent) => {
      const { fetch } = scriptedFetch(() => {
        throw Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) });
      });
      const watched = watchFetch(loginRequest(fetch), show);
      await expect(watched.fetch('https://a.test/', {})).rejects.toThrow('fetch failed');
      expect(watched.seen()).toMatchObject({ isSent, status: null });
    },
  );

  it('watchFetch() hides an error description that repeats a sent parameter or the sent Authorization header', async () => {
    const values = ['code-of-a-test-1', 'verifier-of-a-test', 'password-of-a-test'];
    for (const value of values) {
      const { fetch } = scriptedFetch(() => json({ error: 'e', error_description: `echo ${value}` }, 400));
      const watched = watchFetch(loginRequest(fetch), show);
      await watched.fetch('https://a.test/', {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from('id:password-of-a-test').toString('base64')}` },
        body: new URLSearchParams({ code: 'code-of-a-test-1', code_verifier: 'verifier-of-a-test', scope: 'echo' }),
      });
      expect(watched.seen()).toMatchObject({ error: 'e', description: null });
    }
  });

  it('watchFetch() returns a redirect unchanged to the MCP SDK', async () => {
    const { fetch } = scriptedFetch(() => new Response(null, { status: 307, headers: { location: '/x' } }));
    const response = await watchFetch(loginRequest(fetch), show).fetch('https://a.test/', {});
    expect([response.status, response.headers.get('location')]).toEqual([307, '/x']);
  });
});
