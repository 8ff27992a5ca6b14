import { expect, it } from 'vitest';
import { cookieName, cookiesOf, setCookie } from '../../../../../src/main/gateway/login/access/cookies.ts';

it('setCookie() hides cookies from scripts, and over https restricts them to this host', () => {
  const name = cookieName('login', true);
  expect(setCookie(name, 'v', { sameSite: 'Lax', isSecure: true, maxAgeS: 600 })).toBe(
    '__Host-login=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure',
  );
  expect(setCookie(cookieName('login', false), '', { sameSite: 'Strict', isSecure: false, maxAgeS: 0 })).toBe(
    'login=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
  );
});

it('cookiesOf() returns all values of a cookie that was sent several times, and ignores malformed cookies', () => {
  expect(cookiesOf(' a=1; b=x=y ;a=2; =; a; aa=3', 'a')).toEqual(['1', '2']);
  expect(cookiesOf('b=x=y', 'b')).toEqual(['x=y']);
  expect(cookiesOf(undefined, 'a')).toEqual([]);
});
