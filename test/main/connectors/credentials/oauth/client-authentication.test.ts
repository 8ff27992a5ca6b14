import { generateKeyPairSync } from 'node:crypto';
import { importJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import type { LoginTarget } from '../../../../../src/main/connectors/credentials/login-target.ts';
import {
  checkSecrets,
  proveClient,
} from '../../../../../src/main/connectors/credentials/oauth/client-authentication.ts';
import {
  ISSUER,
  loginDiscovery,
  loginTarget,
  registeredClient,
  serverMetadata,
} from '../../../../helpers/logins/login-parts.ts';

const configured = registeredClient({ kind: 'configured', clientId: 'mine', authMethod: null });
const withKey = (privateKey: string, oauth: LoginTarget['oauth'] = {}) =>
  loginTarget({ oauth: { clientId: 'mine', privateKeyEnv: 'K', ...oauth }, privateKey: () => privateKey });

describe('proveClient', () => {
  it('proveClient() returns the secret and the authentication method of a registered client', async () => {
    const client = registeredClient({ clientSecret: 'S', authMethod: 'client_secret_post' });
    expect(await proveClient(loginTarget({ clientSecret: () => 'of another' }), loginDiscovery(), client)).toEqual({
      clientInformation: {
        client_id: 'the-client',
        client_secret: 'S',
        token_endpoint_auth_method: 'client_secret_post',
        issuer: ISSUER,
      },
    });
  });

  it('proveClient() reads the secret of a configured client from the entry', async () => {
    const target = loginTarget({ oauth: { clientId: 'mine', clientSecretEnv: 'S' }, clientSecret: () => 'now' });
    expect(await proveClient(target, loginDiscovery(), configured)).toEqual({
      clientInformation: { client_id: 'mine', client_secret: 'now', issuer: ISSUER },
    });
  });

  it.each([
    ['base64+/=', ['client_secret_basic', 'client_secret_post'], 'client_secret_post'],
    ['base64+/=', ['client_secret_basic'], undefined],
    ['base64+/=', undefined, undefined],
    ['plain-._~9', ['client_secret_basic', 'client_secret_post'], undefined],
  ])(
    'proveClient() for the secret %s at an issuer that supports %j selects the method %s',
    async (secret, supported, expected) => {
      const target = loginTarget({ oauth: { clientId: 'mine' }, clientSecret: () => secret });
      const metadata = serverMetadata({ token_endpoint_auth_methods_supported: supported }) as never;
      const { clientInformation } = await proveClient(target, loginDiscovery({ metadata }), configured);
      expect((clientInformation as Record<string, unknown>).token_endpoint_auth_method).toBe(expected);
    },
  );

  it.each<[string, LoginTarget['oauth'], string]>([
    ['another issuer', { clientId: 'mine', issuer: 'https://other.test' }, 'LOGIN_METADATA_INVALID'],
    ['another client', { clientId: 'other' }, 'LOGIN_CLIENT_UNKNOWN'],
    ['no client', null, 'LOGIN_CLIENT_UNKNOWN'],
    ['a variable that is not set', { clientId: 'mine', privateKeyEnv: 'K' }, 'LOGIN_SECRET_MISSING'],
  ])('proveClient() returns no secret if the entry names %s', async (_, oauth, code) => {
    const target = loginTarget({ oauth, clientSecret: () => 'S' });
    await expect(proveClient(target, loginDiscovery(), configured)).rejects.toMatchObject({ code });
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
  const pem = (type: 'pkcs8' | 'pkcs1' | 'sec1') => ({ type, format: 'pem' }) as const;
  it.each<
    [string, string, string, { publicKey: ReturnType<typeof curve>['publicKey'] }, readonly string[] | undefined]
  >([
    ['RSA, PKCS #8', 'RS256', String(rsa.privateKey.export(pem('pkcs8'))), rsa, undefined],
    ['RSA, PKCS #1', 'RS256', String(rsa.privateKey.export(pem('pkcs1') as never)), rsa, ['PS256', 'RS256']],
    ['RSA if only PS384 is supported', 'PS384', String(rsa.privateKey.export(pem('pkcs8'))), rsa, ['PS384']],
    ...['P-256', 'P-384', 'P-521'].map((name, index) => {
      const pair = curve(name);
      const text = String(pair.privateKey.export(pem('sec1') as never));
      return [name, ['ES256', 'ES384', 'ES512'][index] ?? '', text, pair, undefined] as never;
    }),
    ...[generateKeyPairSync('ed25519')].map((pair) => {
      return [
        'Ed25519, JWK',
        'EdDSA',
        JSON.stringify(pair.privateKey.export({ format: 'jwk' })),
        pair,
        undefined,
      ] as never;
    }),
    [
      'RSA, JWK that names PS256',
      'PS256',
      JSON.stringify({ ...rsa.privateKey.export({ format: 'jwk' }), alg: 'PS256' }),
      rsa,
      undefined,
    ],
  ])(
    'proveClient() signs with a private key (%s) by the algorithm %s',
    async (_, alg, text, { publicKey }, supported) => {
      const metadata = serverMetadata({ token_endpoint_auth_signing_alg_values_supported: supported }) as never;
      const proof = await proveClient(withKey(text), loginDiscovery({ metadata }), configured);
      expect(proof.clientInformation).not.toHaveProperty('client_secret');
      const parameters = new URLSearchParams();
      await proof.addClientAuthentication?.(new Headers(), parameters, `${ISSUER}/token`, metadata);
      expect(parameters.get('client_id')).toBe('mine');
      expect(parameters.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
      const key = await importJWK({ ...publicKey.export({ format: 'jwk' }) }, alg);
      const { payload, protectedHeader } = await jwtVerify(parameters.get('client_assertion') ?? '', key);
      expect(protectedHeader.alg).toBe(alg);
      expect(payload).toMatchObject({ iss: 'mine', sub: 'mine', aud: ISSUER, jti: expect.any(String) });
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(300);
    },
  );

  const locked = rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
  it.each([
    'nonsense-of-a-key',
    '{"kty":"RSA","d":"nonsense-of-a-key"}',
    '{',
    '[]',
    JSON.stringify(rsa.publicKey.export({ format: 'jwk' })),
    JSON.stringify(generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })),
    String(locked),
  ])('proveClient() rejects an unusable private key, and its error shows no part of the key', async (text) => {
    await expect(proveClient(withKey(text), loginDiscovery(), configured)).rejects.toSatisfy((error) => {
      expect(error).toMatchObject({ code: 'LOGIN_SECRET_MISSING' });
      expect(error).not.toHaveProperty('cause');
      expect(String((error as Error).message)).not.toContain('nonsense-of-a-key');
      return true;
    });
  });
});

describe('checkSecrets', () => {
  it('checkSecrets() accepts an entry that names no secret, or whose secret is available', () => {
    expect(() => checkSecrets(loginTarget())).not.toThrow();
    expect(() => checkSecrets(withKey('x'))).not.toThrow();
  });
});
