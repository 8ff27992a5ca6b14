import { describe, expect, it } from 'vitest';
import type { LoginTarget } from '../../../../../src/main/connectors/credentials/login-target.ts';
import {
  type ClientChoice,
  identifyClient,
} from '../../../../../src/main/connectors/credentials/oauth/client-identity.ts';
import {
  ISSUER,
  json,
  loginDiscovery,
  loginRequest,
  loginTarget,
  registeredClient,
  scriptedFetch,
  serverMetadata,
} from '../../../../helpers/logins/login-parts.ts';

const redirectUrl = 'http://127.0.0.1:9/callback';
const choice: ClientChoice = { redirectUrl, clientMetadataUrl: null, stored: null };
const document = 'https://host.test/client.json';
const takesDocuments = loginDiscovery({
  metadata: serverMetadata({ client_id_metadata_document_supported: true }) as never,
});

function identify(target: Partial<LoginTarget>, choices: Partial<ClientChoice> = {}, discovery = loginDiscovery()) {
  const { fetch, requests } = scriptedFetch(() => json({ client_id: 'new', redirect_uris: [redirectUrl] }, 201));
  const request = loginRequest(fetch, { target: loginTarget(target) });
  return { requests, client: identifyClient(request, discovery, { ...choice, ...choices }) };
}

describe('identifyClient', () => {
  it('identifyClient() prefers the client of the entry, and does not read the secret of this client', async () => {
    const target = { oauth: { clientId: 'mine', clientSecretEnv: 'S' }, clientSecret: () => 'the secret' };
    const { client, requests } = identify(
      target,
      { clientMetadataUrl: document, stored: registeredClient() },
      takesDocuments,
    );
    expect(await client).toEqual({
      kind: 'configured',
      clientId: 'mine',
      clientSecret: null,
      authMethod: null,
      redirectUris: [redirectUrl],
      secretExpiresAtMs: null,
    });
    expect(requests).toEqual([]);
  });

  it('identifyClient() records that a client of the entry has a private key', async () => {
    const target = { oauth: { clientId: 'mine', privateKeyEnv: 'K' }, privateKey: () => 'a key' };
    expect(await identify(target, { redirectUrl: null }).client).toMatchObject({
      authMethod: 'private_key_jwt',
      redirectUris: [],
    });
  });

  it.each<[string, Partial<LoginTarget>, Partial<ClientChoice>]>([
    ['a secret whose variable is not set', { oauth: { clientId: 'mine', clientSecretEnv: 'S' } }, {}],
    ['a key whose variable is not set', { oauth: { clientId: 'mine', privateKeyEnv: 'K' } }, {}],
    ['client credentials without a secret or key', { oauth: { clientId: 'mine' } }, { redirectUrl: null }],
  ])('identifyClient() rejects an entry with %s', async (_, target, choices) => {
    await expect(identify(target, choices).client).rejects.toMatchObject({ code: 'LOGIN_SECRET_MISSING' });
  });

  it('identifyClient() rejects client credentials if the entry names no client', async () => {
    await expect(identify({}, { redirectUrl: null }).client).rejects.toMatchObject({ code: 'LOGIN_CLIENT_UNKNOWN' });
  });

  it("identifyClient() uses a client metadata document if the issuer supports it, and prefers the entry's document", async () => {
    const { client } = identify({}, { clientMetadataUrl: document, stored: registeredClient() }, takesDocuments);
    expect(await client).toMatchObject({ kind: 'metadata-document', clientId: document, clientSecret: null });
    const own = identify(
      { oauth: { clientMetadataUrl: 'https://own.test/c' } },
      { clientMetadataUrl: document },
      takesDocuments,
    );
    expect(await own.client).toMatchObject({ clientId: 'https://own.test/c' });
  });

  it('identifyClient() registers a client if the issuer does not support client metadata documents', async () => {
    expect(await identify({}, { clientMetadataUrl: document }).client).toMatchObject({
      kind: 'registered',
      clientId: 'new',
    });
  });

  it.each(['http://host.test/c', 'https://host.test/', 'https://u:p@host.test/c', 'https://host.test/c#x', 'nonsense'])(
    'identifyClient() does not accept a client metadata document at %s',
    async (clientMetadataUrl) => {
      const { client } = identify({}, { clientMetadataUrl }, takesDocuments);
      await expect(client).rejects.toMatchObject({ code: 'LOGIN_CLIENT_UNKNOWN' });
    },
  );

  it('identifyClient() reuses a stored registration that has the same redirect URL', async () => {
    const { client, requests } = identify({}, { stored: registeredClient() });
    expect(await client).toEqual(registeredClient());
    expect(requests).toEqual([]);
  });

  it.each([
    ['another redirect URL', { redirectUris: ['http://127.0.0.1:10/callback'] }],
    ['an expired secret', { clientSecret: 's', secretExpiresAtMs: 999_999 }],
    ['another kind of client', { kind: 'configured' as const }],
  ])('identifyClient() registers again if the stored registration has %s', async (_, overrides) => {
    const { client, requests } = identify({}, { stored: registeredClient(overrides) });
    expect(await client).toMatchObject({ clientId: 'new' });
    expect(requests.map(({ url }) => url)).toEqual([`${ISSUER}/register`]);
  });

  it.each([
    ['reuses a stored registration whose scopes are unknown', undefined, 'tools', false],
    ['reuses a stored registration that includes the requested scopes', 'tools admin', 'admin', false],
    ['reuses a stored registration if no scope is requested', 'tools', null, false],
    ['replaces a stored registration that lacks a requested scope', 'tools', 'tools admin', true],
  ])('identifyClient() %s', async (_, scope, asked, isNew) => {
    const stored = { ...registeredClient(), redirectUris: [redirectUrl], scope };
    const { client, requests } = identify({}, { stored, scope: asked });
    expect([(await client).clientId, requests.length]).toEqual(isNew ? ['new', 1] : [stored.clientId, 0]);
  });
});
