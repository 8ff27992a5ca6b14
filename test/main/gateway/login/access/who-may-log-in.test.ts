import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hasAddress,
  isForwarded,
  isLocalOperator,
  isLocalRequest,
  isLoopbackHost,
  type LoginRules,
  OPERATOR,
  rightOfCaller,
} from '../../../../../src/main/gateway/login/access/who-may-log-in.ts';

const LOCAL: LoginRules = {
  ...{ isStdio: false, isLoopback: true, tokenCount: 0, hasFurtherHosts: false },
  ...{ publicUrl: null, hasOperatorToken: false },
};
const HERE = { host: '127.0.0.1:3737' };
const ELSEWHERE = { host: 'tools.example.com' };
const publicUrl = new URL('https://tools.example.com');

describe('rightOfCaller()', () => {
  it.each([
    ['the stdio client', { isStdio: true }, null, 'address'],
    ['any caller on loopback without tokens', {}, HERE, 'address'],
    ['any caller on loopback through a proxy', {}, { ...HERE, via: '1.1 proxy' }, 'operator'],
    ['any caller on loopback that uses another host name', { hasFurtherHosts: true }, ELSEWHERE, 'operator'],
    ['any caller that uses the public URL, without tokens', { publicUrl }, ELSEWHERE, 'operator'],
    ['any caller behind a proxy that sends a loopback Host header', { publicUrl }, HERE, 'operator'],
    ['any caller on loopback if further host names are allowed', { hasFurtherHosts: true }, HERE, 'operator'],
    [
      'any caller on loopback if the public URL is on loopback',
      { publicUrl: new URL('http://localhost:1') },
      HERE,
      'address',
    ],
    ['a caller with the only token on loopback', { tokenCount: 1 }, HERE, 'address'],
    ['a caller with the only token, through a proxy without a public URL', { tokenCount: 1 }, ELSEWHERE, 'command'],
    ['a caller with the only token from another machine', { tokenCount: 1, isLoopback: false }, ELSEWHERE, 'command'],
    [
      'a caller with the only token that uses the public URL',
      { tokenCount: 1, isLoopback: false, publicUrl },
      ELSEWHERE,
      'address',
    ],
    ['a caller with one of several tokens on loopback', { tokenCount: 2 }, HERE, 'operator'],
    [
      'a caller with one of several tokens that uses the public URL',
      { tokenCount: 2, publicUrl },
      ELSEWHERE,
      'operator',
    ],
  ] as const)('rightOfCaller() decides how a caller may log in: %s', (_, rules, headers, expected) => {
    expect(rightOfCaller('token-0', headers, { ...LOCAL, ...rules })).toBe(expected);
  });

  it('rightOfCaller() gives the operator a login URL despite several callers, if the operator can open the URL', () => {
    const rules = { ...LOCAL, tokenCount: 2, hasOperatorToken: true };
    expect(rightOfCaller(OPERATOR, HERE, rules)).toBe('address');
    expect(rightOfCaller(OPERATOR, ELSEWHERE, rules)).toBe('command');
    expect(hasAddress(ELSEWHERE, { ...rules, publicUrl })).toBe(true);
  });

  it('if there are several callers, rightOfCaller() gives a login URL only to the operator, whatever the headers', () => {
    const headers = fc.dictionary(fc.string(), fc.string());
    const rules = fc.record({
      isLoopback: fc.boolean(),
      tokenCount: fc.integer({ min: 2, max: 9 }),
      hasFurtherHosts: fc.boolean(),
      publicUrl: fc.constantFrom(null, publicUrl),
      hasOperatorToken: fc.boolean(),
    });
    fc.assert(
      fc.property(headers, rules, fc.constantFrom('token-0', 'anonymous'), (sent, given, principal) => {
        expect(rightOfCaller(principal, { ...HERE, ...sent }, { ...LOCAL, ...given })).toBe('operator');
      }),
    );
  });
});

describe('isLocalOperator()', () => {
  it.each([
    ['on loopback', {}, HERE, true],
    ['with the only token', { tokenCount: 1 }, HERE, true],
    ['with one of several tokens', { tokenCount: 2 }, HERE, false],
    ['to a gateway that listens beyond loopback', { isLoopback: false }, HERE, false],
    ['to a gateway with --allow-host', { hasFurtherHosts: true }, HERE, false],
    ['to a gateway with --public-url', { publicUrl }, HERE, false],
    ['to a gateway with a token for the operator', { hasOperatorToken: true }, HERE, false],
    ['to another host name', {}, ELSEWHERE, false],
    ['through a proxy', {}, { ...HERE, 'x-forwarded-for': '203.0.113.9' }, false],
  ])(
    'isLocalOperator() decides whether the operator on this machine sent a request %s',
    (_, rules, headers, expected) => {
      expect(isLocalOperator(headers, { ...LOCAL, ...rules })).toBe(expected);
    },
  );
});

it('isForwarded(), isLoopbackHost() and isLocalRequest() recognize proxy headers and names of this machine', () => {
  for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-anything', 'via', 'x-real-ip'])
    expect([name, isForwarded({ [name]: 'x' })]).toEqual([name, true]);
  expect(isForwarded({ host: 'x', 'x-forward': 'x', viaduct: 'x' })).toBe(false);
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]'])
    expect([host, isLoopbackHost(host)]).toEqual([host, true]);
  for (const host of ['127.0.0.1.example.com', '::2', '10.0.0.1', 'localhost.example.com', ''])
    expect([host, isLoopbackHost(host)]).toEqual([host, false]);
  for (const host of ['localhost:1', 'LOCALHOST', '[::1]:80'])
    expect([host, isLocalRequest({ host })]).toEqual([host, true]);
  for (const host of [undefined, '', 'localhost@evil.example.com'])
    expect([host, isLocalRequest({ host })]).toEqual([host, false]);
});
