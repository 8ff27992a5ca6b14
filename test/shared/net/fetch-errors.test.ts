import { describe, expect, it } from 'vitest';
import { classifyFetchError } from '../../../src/shared/net/fetch-errors.ts';

const fetchFailed = (...codes: (string | null)[]): Error => {
  let cause: Error | undefined;
  for (const code of codes.toReversed()) {
    const error = new TypeError('whatever it says', cause === undefined ? undefined : { cause });
    cause = code === null ? error : Object.assign(error, { code });
  }
  return cause ?? new Error('none');
};

describe('classifyFetchError', () => {
  it.each([
    ['MAP_DNS', 'ENOTFOUND'],
    ['MAP_DNS', 'EAI_AGAIN'],
    ['MAP_CONNECT_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'],
    ['MAP_CONNECT_TIMEOUT', 'ETIMEDOUT'],
    ['MAP_CONNECTION_LOST', 'UND_ERR_SOCKET'],
    ['MAP_CONNECTION_LOST', 'ECONNRESET'],
    ['MAP_TLS', 'CERT_HAS_EXPIRED'],
    ['MAP_TLS', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['MAP_TLS', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['MAP_TLS', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['MAP_TLS', 'ERR_SSL_WRONG_VERSION_NUMBER'],
    ['MAP_HTTP_INVALID', 'HPE_INVALID_CONSTANT'],
    ['MAP_HTTP_INVALID', 'UND_ERR_HEADERS_OVERFLOW'],
    ['MAP_DECODE', 'Z_DATA_ERROR'],
    ['MAP_PROXY', 'UND_ERR_ABORTED'],
    ['MAP_UNREACHABLE', 'ECONNREFUSED'],
    ['MAP_UNREACHABLE', 'SOMETHING_NEW'],
  ])(
    'classifyFetchError() returns %s for an error with the code %s, at any depth in the chain of causes',
    (expected, code) => {
      expect(classifyFetchError(fetchFailed(code))).toBe(expected);
      expect(classifyFetchError(fetchFailed(null, null, code))).toBe(expected);
    },
  );

  it('classifyFetchError() classifies the first error if several connection attempts failed', () => {
    const tried = new AggregateError([fetchFailed('ENOTFOUND'), fetchFailed('ECONNRESET')]);
    expect(classifyFetchError(new TypeError('fetch failed', { cause: tried }))).toBe('MAP_DNS');
  });

  it('classifyFetchError() returns MAP_UNREACHABLE for an error without a code, and for an endless chain of causes', () => {
    const loop: Error = new Error('loop');
    loop.cause = loop;
    expect([classifyFetchError(loop), classifyFetchError('text')]).toEqual(['MAP_UNREACHABLE', 'MAP_UNREACHABLE']);
  });
});
