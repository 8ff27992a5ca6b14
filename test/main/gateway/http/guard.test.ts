import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { principalOf } from '../../../../src/main/gateway/http/access-tokens.ts';
import { createGuard } from '../../../../src/main/gateway/http/guard.ts';

const open = { allowedHosts: [], allowedOrigins: [], tokens: [], isLoopback: true };
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('a guard beyond loopback', () => {
  const guard = createGuard({ ...open, isLoopback: false });

  it.each([
    [{ host: '10.0.0.7:3737' }, true],
    [{ host: '[fe80::1]:3737' }, true],
    [{ host: 'tools.example.com' }, false],
    [{}, false],
    [{ host: 'a b' }, false],
  ])('accepts addresses, but no names that it was not told: %j', (headers, isAccepted) => {
    expect(guard.checkOrigin(headers) === null).toBe(isAccepted);
  });
});

describe('a guard on loopback', () => {
  const guard = createGuard({ ...open, allowedHosts: ['Tools.example.com'], allowedOrigins: ['https://App.example'] });

  it.each([
    ['localhost:3737', true],
    ['LOCALHOST', true],
    ['tools.example.com', true],
    ['10.0.0.7', false],
  ])('decides about the host %s: %j', (host, isAccepted) => {
    expect(guard.checkOrigin({ host }) === null).toBe(isAccepted);
  });

  it.each([
    ['http://localhost:3737', true],
    ['https://app.example', true],
    ['https://evil.example', false],
    ['null', false],
  ])('decides about the origin %s: %j', (origin, isAccepted) => {
    expect(guard.checkOrigin({ host: 'localhost:3737', origin }) === null).toBe(isAccepted);
  });

  it('names an origin for CORS only if it is allowed', () => {
    expect(guard.corsOrigin({ origin: 'https://app.example' })).toBe('https://app.example');
    expect([guard.corsOrigin({ origin: 'http://localhost:3737' }), guard.corsOrigin({})]).toEqual([null, null]);
  });
});

/** A request with these `Authorization` headers, as Node reads it: the first of them counts. */
function request(...authorization: readonly string[]) {
  const [first] = authorization;
  const headers = first === undefined ? {} : { authorization: first };
  return { headers, rawHeaders: ['host', 'localhost', ...authorization.flatMap((value) => ['Authorization', value])] };
}

describe('a guard with tokens', () => {
  const guard = createGuard({ ...open, tokens: ['one', 'two'] });

  it('tells apart the clients that have different tokens', () => {
    expect(guard.authenticate(request('Bearer one'))).toEqual({ principal: principalOf('one') });
    expect(guard.authenticate(request('bearer  two'))).toEqual({ principal: principalOf('two') });
  });

  it('gives a client the same name in whatever order the tokens are listed', () => {
    const reversed = createGuard({ ...open, tokens: ['zero', 'two', 'one'] });
    for (const token of ['one', 'two'])
      expect(reversed.authenticate(request(`Bearer ${token}`))).toEqual(guard.authenticate(request(`Bearer ${token}`)));
  });

  it('names a client by a digest that is not one of the token alone', () => {
    expect(principalOf('a-token-of-20-letters')).toMatch(/^token-[A-Za-z0-9_-]{12}$/);
    const plain = hash('sha256', 'a-token-of-20-letters', 'base64url');
    expect(plain.startsWith(principalOf('a-token-of-20-letters').slice('token-'.length))).toBe(false);
  });

  it('accepts a token as the password of a browser', () => {
    expect(guard.authenticate(request(basic('anyone:two')))).toEqual({ principal: principalOf('two') });
  });

  it.each([
    [[]],
    [['']],
    [['Bearer']],
    [['Bearer three']],
    [['Bearer one two']],
    [['one']],
    [['Digest one']],
    [[basic('one:three')]],
    [[basic('two')]],
    [['Bearer one', 'Bearer one']],
    [['Bearer one', 'Bearer three']],
    [['Bearer three', 'Bearer one']],
  ])('rejects a request with the authorization %j', (authorization) => {
    expect(guard.authenticate(request(...authorization))).toMatchObject({ status: 401 });
  });

  it('accepts everybody if there is no token', () => {
    expect(createGuard(open).authenticate(request())).toEqual({ principal: 'anonymous' });
  });
});

it('lets no request without credentials pass, even with an empty token in its list', () => {
  const guard = createGuard({ ...open, tokens: [''] });
  for (const authorization of [[], [''], ['Bearer'], ['Bearer '], [basic(':')], [basic('a:')], ['Basic'], ['Digest x']])
    expect(guard.authenticate(request(...authorization))).toMatchObject({ status: 401 });
});
