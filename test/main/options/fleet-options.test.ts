import { describe, expect, it } from 'vitest';
import { type FleetOptions, resolveFleet } from '../../../src/main/options/fleet-options.ts';
import { checkOptions } from '../../../src/main/options/option-checks.ts';

const SECRET = 'x'.repeat(32);
const BASE: FleetOptions = { url: 'redis://127.0.0.1:6379', id: 'f', secrets: [SECRET] };
const manager = (fleet: unknown) => checkOptions({ configFile: 'a.json', fleet } as Parameters<typeof checkOptions>[0]);

describe('option fleet', () => {
  it('the option `fleet` resolves to settings with defaults and without credentials in the URL', () => {
    const resolved = resolveFleet({ ...BASE, url: 'redis://ann:her%25word@127.0.0.1:7000/2' });
    expect(resolved).toMatchObject({ address: null, quotas: 'own', sharesLogins: false });
    expect(resolved?.settings).toMatchObject({
      ...{ url: 'redis://127.0.0.1:7000/2', username: 'ann', password: 'her%word', role: 'any', tls: null },
    });
  });

  it('the option `fleet` gives each host a unique id', () => {
    expect(resolveFleet(BASE)?.settings.hostId).not.toBe(resolveFleet(BASE)?.settings.hostId);
  });

  it('the option `fleet` prefers the member `password` to the password in the URL', () => {
    expect(resolveFleet({ ...BASE, url: 'redis://a:one@[::1]', password: 'two' })?.settings.password).toBe('two');
  });

  it('the option `fleet` accepts an origin as `address`, and removes its trailing slash', () => {
    expect(resolveFleet({ ...BASE, address: 'http://10.0.0.1:80/' })?.address).toBe('http://10.0.0.1');
  });

  it.each([
    ['url', { url: 'http://127.0.0.1' }],
    ['url', { url: 'redis://10.0.0.1' }],
    ['url', { url: 'redis://localhost.example.com' }],
    ['url', { url: 'redis://127.0.0.1/name' }],
    ['url', { url: 'redis://127.0.0.1?x=1' }],
    ['url', { url: 'redis://u:%E0%A4%A@127.0.0.1' }],
    ['tls', { tls: {} }],
    ['address', { address: 'http://h/path' }],
    ['address', { address: 'ftp://h' }],
    ['address', { address: 'http://u@h' }],
  ] as const)('the option fleet is rejected because of an invalid fleet.%s: %j', (option, change) => {
    const resolve = (): unknown => resolveFleet({ ...BASE, ...change });
    const detail = { option: `fleet.${option}` };
    expect(resolve).toThrowError(expect.objectContaining({ code: 'OPTIONS_INVALID', detail }));
  });

  it('the option `fleet` allows an unencrypted connection to another machine with `allowPlaintext`', () => {
    expect(resolveFleet({ ...BASE, url: 'redis://10.0.0.1', allowPlaintext: true })?.settings.url).toContain(
      '10.0.0.1',
    );
  });

  it.each([
    { ...BASE, secrets: ['too short'] },
    { ...BASE, secrets: [] },
    { ...BASE, secrets: [SECRET, SECRET, SECRET] },
    { ...BASE, id: 'with a blank' },
    { ...BASE, role: 'leader' },
    { ...BASE, unknown: 1 },
  ])('the error for the invalid option fleet %j contains no secret', (fleet) => {
    expect(() => manager(fleet)).toThrowError(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
    expect(() => manager(fleet)).not.toThrowError(SECRET);
  });
});
