import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeenAnswer } from '../../../../../../src/main/connectors/credentials/oauth/answers/foreign-answers.ts';
import {
  isDefiniteRefusal,
  readTokens,
  showTokens,
} from '../../../../../../src/main/connectors/credentials/oauth/answers/token-answers.ts';

const seen = (status: number, error: string | null = null): SeenAnswer => ({
  isSent: true,
  status,
  error,
  description: null,
  body: null,
});
const shown = async (body: Readonly<Record<string, unknown>> | null, status = 200, error: string | null = null) => {
  const response = showTokens(body, seen(status, error));
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, ...answer } as Record<string, unknown>;
};

describe('isDefiniteRefusal', () => {
  it.each([
    ['Google, Okta, Keycloak or Microsoft, as in RFC 6749', 400, 'invalid_grant'],
    ['Auth0', 403, 'invalid_grant'],
    ['Atlassian', 403, 'unauthorized_client'],
    ['GitHub', 200, 'bad_refresh_token'],
    ['Slack', 200, 'invalid_refresh_token'],
    ['Microsoft after a policy change', 400, 'interaction_required'],
    ['servers that treat an unknown token as a bad request', 400, 'invalid_request'],
    ['an issuer that rejects the resource', 400, 'invalid_target'],
  ])('isDefiniteRefusal() is true for this refusal by %s: %i %s', (_, status, error) => {
    expect(isDefiniteRefusal(seen(status, error), false)).toBe(true);
  });

  it.each([
    [500, 'invalid_grant'],
    [503, null],
    [429, 'invalid_grant'],
    [400, null],
    [401, null],
    [400, 'server_error'],
    [400, 'temporarily_unavailable'],
    [400, 'slow_down'],
    [404, 'invalid_grant'],
    [302, null],
    [200, null],
  ])('isDefiniteRefusal() is false for the status %i with the error code %s', (status, error) => {
    expect(isDefiniteRefusal(seen(status, error), true)).toBe(false);
  });

  it('isDefiniteRefusal() is true for a refused client only if the client was registered dynamically', () => {
    expect(isDefiniteRefusal(seen(401, 'invalid_client'), true)).toBe(true);
    expect(isDefiniteRefusal(seen(401, 'invalid_client'), false)).toBe(false);
    expect(isDefiniteRefusal(seen(200, 'incorrect_client_credentials'), true)).toBe(true);
  });
});

describe('showTokens', () => {
  it.each<[unknown, number | undefined]>([
    [3600, 3600],
    ['3600', 3600],
    [3600.9, 3600],
    [1e300, 315_360_000],
    ['999999999999999', 315_360_000],
    [0, undefined],
    [-5, undefined],
    ['-5', undefined],
    ['', undefined],
    ['1e3', undefined],
    ['never', undefined],
    [null, undefined],
    [true, undefined],
    [[3600], undefined],
    [{}, undefined],
  ])('showTokens() reads expires_in %j as %j', async (expires_in, expected) => {
    expect((await shown({ access_token: 'a', expires_in })).expires_in).toBe(expected);
  });

  it('showTokens() keeps a token even if other members of the response are null, missing or of another type', async () => {
    const body = {
      access_token: 'a',
      token_type: null,
      refresh_token: null,
      scope: ['x', 'y', 1],
      id_token: 5,
      issuer: 'z',
    };
    expect(await shown(body)).toEqual({ status: 200, access_token: 'a', token_type: 'Bearer', scope: 'x y' });
    expect(await shown({ access_token: 'a', refresh_token: '' })).toEqual({
      status: 200,
      access_token: 'a',
      token_type: 'Bearer',
    });
  });

  it.each([
    ['repo,user', 'repo user'],
    ['a,b c', 'a,b c'],
    ['a b', 'a b'],
  ])('showTokens() reads the scopes %j as %j', async (scope, expected) => {
    expect((await shown({ access_token: 'a', scope })).scope).toBe(expected);
  });

  it('showTokens() passes on only the error code of a refusal', async () => {
    expect(await shown({ error: 'e', error_description: 'secret' }, 400, 'invalid_grant')).toEqual({
      status: 400,
      error: 'invalid_grant',
    });
    expect(await shown({ error: 'e' }, 200, 'bad_refresh_token')).toEqual({ status: 400, error: 'bad_refresh_token' });
    expect(await shown(null, 500)).toEqual({ status: 500, error: 'server_error' });
    expect(await shown({ access_token: 'a' }, 401)).toEqual({ status: 401, error: 'server_error' });
  });

  it('showTokens() never throws, whatever the response', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => void showTokens(body, seen(200))));
  });
});

describe('readTokens', () => {
  const token = { access_token: 'a', token_type: 'bearer' };

  it('readTokens() counts the lifetime of a token from the start of the request', () => {
    expect(readTokens({ ...token, expires_in: 60, scope: ' x  x y', refresh_token: 'r' }, 'i', 1_000)).toEqual({
      accessToken: 'a',
      refreshToken: 'r',
      expiresAtMs: 61_000,
      obtainedAtMs: 1_000,
      scope: 'x y',
    });
    expect(readTokens(token, 'i', 1_000)).toMatchObject({ refreshToken: null, expiresAtMs: null, scope: null });
  });

  it.each(['DPoP', 'mac', 'N_A', ''])('readTokens() rejects a token of type %j', (token_type) => {
    expect(() => readTokens({ ...token, token_type }, 'i', 0)).toThrowError(
      expect.objectContaining({ code: 'LOGIN_UNSUPPORTED', message: expect.not.stringContaining('mac') }),
    );
  });

  it.each(['', 'a b', 'a\r\nx: y', 'é', 'x'.repeat(32_769)])(
    'readTokens() rejects an access token that is not a valid header value',
    (access_token) => {
      expect(() => readTokens({ ...token, access_token }, 'i', 0)).toThrowError(
        expect.objectContaining({ code: 'LOGIN_FAILED' }),
      );
    },
  );
});
