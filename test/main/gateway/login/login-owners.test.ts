import { describe, expect, it } from 'vitest';
import { loginOwners, ownerSuffix } from '../../../../src/main/gateway/login/login-owners.ts';

const SECRET = 'A'.repeat(43);
const owners = (url: string, cookie?: string, states: readonly string[] = []) =>
  loginOwners({ url, headers: cookie === undefined ? {} : { cookie } }, 'own', (state) => states.includes(state));

describe('loginOwners', () => {
  it('loginOwners() returns the replica that a login URL names, and nothing if the URL names this replica or none', () => {
    expect(owners(`/login/${SECRET}${ownerSuffix('other')}`)).toEqual(['other']);
    expect(owners(`/login/${SECRET}${ownerSuffix('own')}`)).toEqual([]);
    expect(owners(`/login/${SECRET}${ownerSuffix(null)}`)).toEqual([]);
    for (const path of ['/login/operator', '/login/start', '/login/client.json', `/login/${SECRET}~../x`, '/login/~a'])
      expect(owners(path, 'switchyard-login-0123456789ab~other=x')).toEqual([]);
  });

  it('loginOwners() reads at most four replicas from the cookies of a browser that returns from a login', () => {
    const cookie = (name: string) => `switchyard-login-0123456789ab~${name}=x`;
    const back = '/login/callback?state=s&code=c';
    expect(owners(back, `a=b; ${cookie('x')}; __Host-${cookie('y')}; ${cookie('x')}; ${cookie('own')}`)).toEqual([
      'x',
      'y',
    ]);
    expect(owners(back, ['1', '2', '3', '4', '5', '6'].map(cookie).join('; '))).toHaveLength(4);
    expect(owners(back, cookie('x'), ['s'])).toEqual([]);
    expect(owners(back)).toEqual([]);
  });
});
