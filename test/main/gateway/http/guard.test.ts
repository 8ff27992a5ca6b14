import { describe, expect, it } from 'vitest';
import { createGuard, isLoopback } from '../../../../src/main/gateway/http/guard.ts';

const open = { allowedHosts: [], allowedOrigins: [], tokens: [], isLoopback: true };
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('isLoopback', () => {
  it.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['10.0.0.7', false],
    ['127.example.com', false],
  ])('says of %s: %j', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

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

describe('a guard with tokens', () => {
  const guard = createGuard({ ...open, tokens: ['one', 'two'] });

  it('tells apart the clients that have different tokens', () => {
    expect(guard.authenticate({ authorization: 'Bearer one' })).toEqual({ principal: 'token-0' });
    expect(guard.authenticate({ authorization: 'bearer  two' })).toEqual({ principal: 'token-1' });
  });

  it('accepts a token as the password of a browser', () => {
    expect(guard.authenticate({ authorization: basic('anyone:two') })).toEqual({ principal: 'token-1' });
  });

  it.each([undefined, 'Bearer', 'Bearer three', 'one', 'Digest one', basic('one:three')])(
    'rejects the authorization %j',
    (authorization) => {
      expect(guard.authenticate({ ...(authorization !== undefined && { authorization }) })).toMatchObject({
        status: 401,
      });
    },
  );

  it('accepts everybody if there is no token', () => {
    expect(createGuard(open).authenticate({})).toEqual({ principal: 'anonymous' });
  });
});
