import { describe, expect, it } from 'vitest';
import { loginTargetOf, secretsOf } from '../../../../src/main/connectors/bring-up/login-target-of-entry.ts';
import { markLocal } from '../../../../src/main/connectors/connection/local-entry.ts';
import { unsupportedLogin } from '../../../../src/main/connectors/credentials/logins/login-errors.ts';
import { normalizeEntry, type RawEntry } from '../../../../src/shared/map/service-map.ts';
import { entry } from '../../../helpers/signed-map.ts';

const NAMED = { clientId: 'a', clientSecretEnv: 'SECRET' };

const entryOf = (oauth: unknown) => normalizeEntry(entry('a', { oauth }) as unknown as RawEntry, 300);

const missing = (says: string) =>
  expect.objectContaining({ code: 'LOGIN_SECRET_MISSING', message: expect.stringContaining(says) });

const thrown = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe('secretsOf()', () => {
  it('secretsOf() returns nothing if the entry names no secret', () => {
    const secrets = secretsOf(entryOf({ clientId: 'a' }), { allowEnv: [], env: { SECRET: 's' } });
    expect([secrets.clientSecret(), secrets.privateKey()]).toEqual([null, null]);
  });

  it('secretsOf() reads an environment variable named in a map only if `allowEnv` lists the variable', () => {
    const env = { SECRET: 'hunter2' };
    expect(secretsOf(entryOf(NAMED), { allowEnv: ['SECRET'], env }).clientSecret()).toBe('hunter2');
    for (const allowEnv of [[], ['SECRE'], ['secret'], ['*']]) {
      const error = thrown(secretsOf(entryOf(NAMED), { allowEnv, env }).clientSecret);
      expect(error).toEqual(
        missing('names the variable SECRET in oauth.clientSecretEnv. A map may name it only if allowEnv lists it'),
      );
      expect(JSON.stringify(error)).not.toContain('hunter2');
    }
  });

  it('secretsOf() reports a variable that is not set or is empty, even if its name is `toString`', () => {
    for (const env of [{}, { SECRET: '' }])
      expect(thrown(secretsOf(entryOf(NAMED), { allowEnv: ['SECRET'], env }).clientSecret)).toEqual(missing('not set'));
    const odd = entryOf({ clientId: 'a', privateKeyEnv: 'toString' });
    expect(thrown(secretsOf(odd, { allowEnv: ['toString'], env: {} }).privateKey)).toEqual(missing('not set'));
  });

  it('secretsOf() reads the variable each time, so that a rotated secret takes effect', () => {
    const env: Record<string, string> = { KEY: 'old' };
    const { privateKey } = secretsOf(entryOf({ clientId: 'a', privateKeyEnv: 'KEY' }), { allowEnv: ['KEY'], env });
    expect(privateKey()).toBe('old');
    env.KEY = 'new';
    expect(privateKey()).toBe('new');
  });

  it('secretsOf() lets a local entry name any variable, and returns a secret that the local file itself contains', () => {
    const named = entryOf(NAMED);
    markLocal(named, null, 'the registry');
    expect(secretsOf(named, { allowEnv: [], env: { SECRET: 's' } }).clientSecret()).toBe('s');
    const literal = entryOf({ clientId: 'a' });
    markLocal(literal, null, 'the configuration file', 'in the file');
    expect(secretsOf(literal, { allowEnv: [], env: {} }).clientSecret()).toBe('in the file');
  });
});

describe('loginTargetOf()', () => {
  it('loginTargetOf() returns the URL and login settings of an entry, and whether the entry is local', () => {
    const local = entryOf(undefined);
    markLocal(local, null, 'the registry');
    expect(loginTargetOf(local, { allowEnv: [], env: {} })).toMatchObject({
      connectorId: 'a',
      url: new URL('http://127.0.0.1:9/a'),
      oauth: null,
      isLocal: true,
    });
    expect(loginTargetOf(entryOf({ clientId: 'a' }), { allowEnv: [], env: {} })).toMatchObject({
      oauth: { clientId: 'a' },
      isLocal: false,
    });
  });

  it('loginTargetOf() returns null for an entry without a login', () => {
    expect(loginTargetOf(entryOf(false), { allowEnv: [], env: {} })).toBeNull();
  });
});

it('unsupportedLogin() returns an error that names the login feature that this version does not support', () => {
  expect(unsupportedLogin('a', { unsupported: 'ID-JAG' })).toMatchObject({
    code: 'LOGIN_UNSUPPORTED',
    message: expect.stringContaining('a login with ID-JAG'),
  });
  expect([unsupportedLogin('a', null), unsupportedLogin('a', { clientId: 'a' })]).toEqual([null, null]);
});
