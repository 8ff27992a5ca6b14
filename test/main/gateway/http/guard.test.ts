import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { principalOf } from '../../../../src/main/gateway/http/access-tokens.ts';
import { createGuard } from '../../../../src/main/gateway/http/guard.ts';

const open = { allowedHosts: [], allowedOrigins: [], tokens: [], isLoopback: true };
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('guard beyond loopback', () => {
  const guard = createGuard({ ...open, isLoopback: false });

  it.each([
    [{ host: '10.0.0.7:3737' }, true],
    [{ host: '[fe80::1]:3737' }, true],
    [{ host: 'tools.example.com' }, false],
    [{}, false],
    [{ host: 'a b' }, false],
  ])(
    'a gateway beyond loopback accepts requests to any IP address, but to no unknown name: headers %j, accepted: %s',
    (headers, isAccepted) => {
      expect(guard.checkOrigin(headers) === null).toBe(isAccepted);
    },
  );
});

describe('guard on loopback', () => {
  const guard = createGuard({ ...open, allowedHosts: ['Tools.example.com'], allowedOrigins: ['https://App.example'] });

  it.each([
    ['localhost:3737', true],
    ['LOCALHOST', true],
    ['tools.example.com', true],
    ['10.0.0.7', false],
  ])('a gateway on loopback decides whether to accept requests to the host %s: %j', (host, isAccepted) => {
    expect(guard.checkOrigin({ host }) === null).toBe(isAccepted);
  });

  it.each([
    ['http://localhost:3737', true],
    ['https://app.example', true],
    ['https://evil.example', false],
    ['null', false],
  ])('a gateway on loopback decides whether to accept requests from the origin %s: %j', (origin, isAccepted) => {
    expect(guard.checkOrigin({ host: 'localhost:3737', origin }) === null).toBe(isAccepted);
  });

  it('the gateway returns an origin for the CORS headers only if the origin is in `allowedOrigins`', () => {
    expect(guard.corsOrigin({ origin: 'https://app.example' })).toBe('https://app.example');
    expect([guard.corsOrigin({ origin: 'http://localhost:3737' }), guard.corsOrigin({})]).toEqual([null, null]);
  });
});

/** Creates a request with these `Authorization` headers. Like in Node, `headers` has only the first of them. */
function request(...authorization: readonly string[]) {
  const [first] = authorization;
  const headers = first === undefined ? {} : { authorization: first };
  return { headers, rawHeaders: ['host', 'localhost', ...authorization.flatMap((value) => ['Authorization', value])] };
}

describe('guard with tokens', () => {
  const guard = createGuard({ ...open, tokens: ['one', 'two'] });

  it('the gateway distinguishes clients with different access tokens', () => {
    expect(guard.authenticate(request('Bearer one'))).toEqual({ principal: principalOf('one') });
    expect(guard.authenticate(request('bearer  two'))).toEqual({ principal: principalOf('two') });
  });

  it('the name that the gateway gives a client does not depend on the order of the access tokens', () => {
    const reversed = createGuard({ ...open, tokens: ['zero', 'two', 'one'] });
    for (const token of ['one', 'two'])
      expect(reversed.authenticate(request(`Bearer ${token}`))).toEqual(guard.authenticate(request(`Bearer ${token}`)));
  });

  it('the name that the gateway gives a client is not a plain digest of its access token', () => {
    expect(principalOf('a-token-of-20-letters')).toMatch(/^token-[A-Za-z0-9_-]{12}$/);
    const plain = hash('sha256', 'a-token-of-20-letters', 'base64url');
    expect(plain.startsWith(principalOf('a-token-of-20-letters').slice('token-'.length))).toBe(false);
  });

  it('the gateway accepts an access token as the password of HTTP Basic authentication', () => {
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
  ])('the gateway rejects a request with the Authorization headers %j', (authorization) => {
    expect(guard.authenticate(request(...authorization))).toMatchObject({ status: 401 });
  });

  it('the gateway accepts every client if there are no access tokens', () => {
    expect(createGuard(open).authenticate(request())).toEqual({ principal: 'anonymous' });
  });
});

it('the gateway rejects requests without credentials, even if one of its access tokens is empty', () => {
  const guard = createGuard({ ...open, tokens: [''] });
  for (const authorization of [[], [''], ['Bearer'], ['Bearer '], [basic(':')], [basic('a:')], ['Basic'], ['Digest x']])
    expect(guard.authenticate(request(...authorization))).toMatchObject({ status: 401 });
});
