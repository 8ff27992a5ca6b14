import { expect, it } from 'vitest';
import { cookieName, cookiesOf, setCookie } from '../../../../../src/main/gateway/login/access/cookies.ts';

it('sets cookies that no script reads, and over https for this host alone', () => {
  const name = cookieName('login', true);
  expect(setCookie(name, 'v', { sameSite: 'Lax', isSecure: true, maxAgeS: 600 })).toBe(
    '__Host-login=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure',
  );
  expect(setCookie(cookieName('login', false), '', { sameSite: 'Strict', isSecure: false, maxAgeS: 0 })).toBe(
    'login=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
  );
});

it('finds each value of a cookie, also beside junk and one that another port set', () => {
  expect(cookiesOf(' a=1; b=x=y ;a=2; =; a; aa=3', 'a')).toEqual(['1', '2']);
  expect(cookiesOf('b=x=y', 'b')).toEqual(['x=y']);
  expect(cookiesOf(undefined, 'a')).toEqual([]);
});
