import { describe, expect, it } from 'vitest';
import {
  checkIssuer,
  checkUrl,
  isLoopbackHost,
  isSameIssuer,
  isSecureUrl,
  placeOf,
} from '../../../../../src/main/connectors/credentials/oauth/endpoint-rules.ts';

describe('checkUrl', () => {
  it.each([
    'https://a.test/x?y=z',
    'http://127.0.0.1:8080/x',
    'http://localhost/x',
    'http://app.localhost/x',
    'http://[::1]:1/x',
    'http://2130706433/x',
  ])('checkUrl() allows the URL %s', (text) => {
    expect(checkUrl(text, 'field').href).toBe(new URL(text).href);
  });

  it.each([
    ['http://a.test/', 'field must be https, or http on loopback, not http on a.test'],
    ['http://10.0.0.1/', 'field must be https, or http on loopback, not http on 10.0.0.1'],
    ['http://localhost.evil.test/', 'not http on localhost.evil.test'],
    ['http://127.0.0.1.evil.test/', 'not http on 127.0.0.1.evil.test'],
    ['http://evillocalhost/', 'not http on evillocalhost'],
    ['javascript:alert(1)', 'not javascript:'],
    ['file:///etc/passwd', 'not file:'],
    ['data:text/html,x', 'not data:'],
    ['https://user:pw@a.test/', 'field must not contain credentials'],
    ['https://a.test/#x', 'field must not have a fragment'],
    ['https://a.test/#', 'field must not have a fragment'],
    ['//a.test/', 'field is not a valid URL'],
    ['', 'field is not a valid URL'],
    ['https://a.test/\u001b[2J', 'field is not a valid URL'],
    ['https://a.test/\nrun this', 'field is not a valid URL'],
    ['https://a.test/ is down', 'field is not a valid URL'],
    ['https://a.test/\u202etxet', 'field is not a valid URL'],
    ['https://аpple.test/', 'field is not a valid URL'],
    [`https://a.test/${'x'.repeat(2_048)}`, 'field is not a valid URL'],
  ])('checkUrl() rejects the URL %j', (text, message) => {
    expect(() => checkUrl(text, 'field')).toThrowError(
      expect.objectContaining({ code: 'LOGIN_METADATA_INVALID', message: expect.stringContaining(message) }),
    );
  });

  it('checkUrl() never repeats the credentials of a URL in its message', () => {
    expect(() => checkUrl('https://user:hunter2@a.test/', 'field')).toThrowError(
      expect.not.stringContaining('hunter2'),
    );
  });
});

describe('checkIssuer', () => {
  it('checkIssuer() rejects an issuer with a query', () => {
    expect(() => checkIssuer('https://a.test/?x', 'issuer')).toThrowError('issuer must not have a query');
    expect(checkIssuer('https://a.test/tenant', 'issuer').href).toBe('https://a.test/tenant');
  });
});

describe('isSameIssuer', () => {
  it('isSameIssuer() ignores a trailing slash, but no other difference', () => {
    expect(isSameIssuer('https://a.test', 'https://a.test/')).toBe(true);
    expect(isSameIssuer('https://a.test/', 'https://a.test')).toBe(true);
    expect(isSameIssuer('https://a.test/b', 'https://a.test/b')).toBe(true);
    expect(isSameIssuer('https://a.test//', 'https://a.test')).toBe(false);
    expect(isSameIssuer('https://A.test', 'https://a.test')).toBe(false);
  });
});

describe('placeOf', () => {
  it('placeOf() omits the query of a URL', () => {
    expect(placeOf(new URL('https://a.test/b?secret=c'))).toBe('https://a.test/b');
  });
});

describe('isSecureUrl', () => {
  it('isSecureUrl() accepts https, and http on loopback', () => {
    expect(isSecureUrl(new URL('https://a.test'))).toBe(true);
    expect(isSecureUrl(new URL('http://localhost'))).toBe(true);
    expect(isSecureUrl(new URL('ftp://localhost'))).toBe(false);
    expect(isLoopbackHost('127.0.0.2')).toBe(false);
  });
});
