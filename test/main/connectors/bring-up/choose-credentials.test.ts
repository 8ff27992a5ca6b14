import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import { createCredentialsOf } from '../../../../src/main/connectors/bring-up/choose-credentials.ts';
import { markLocal } from '../../../../src/main/connectors/connection/local-entry.ts';
import { NO_CREDENTIALS } from '../../../../src/main/connectors/credentials/credentials.ts';
import { HostCredentials } from '../../../../src/main/connectors/credentials/host-credentials.ts';
import type { ConnectorOAuth } from '../../../../src/main/index.ts';
import { normalized } from '../../../helpers/connector-under-test.ts';

const SENDING = { method: 'POST', url: new URL('https://a.test/mcp') };
const OAUTH = {
  provider: { tokens: () => ({ access_token: 'of the host', token_type: 'Bearer' }) },
  callback: () => Promise.reject(new Error('not now')),
} as unknown as ConnectorOAuth;

/**
 * Creates the function that chooses credentials, for a host that logs in to every connector. Records for which
 * connectors the function requested a key.
 */
function chooser(isProxied = false) {
  const agent = new Agent();
  const keysAskedFor: string[] = [];
  const logins: { oauth: ConnectorOAuth | null } = { oauth: OAUTH };
  const credentialsOf = createCredentialsOf({
    apiKeyOf: async ({ id }) => {
      keysAskedFor.push(id);
      return 'K';
    },
    oauth: () => logins.oauth,
    loginOf: () => NO_CREDENTIALS,
    dispatcherOf: () => (isProxied ? null : agent),
  });
  return { credentialsOf, keysAskedFor, logins };
}

describe('createCredentialsOf', () => {
  it('a connector uses the API key that its entry requires, even if the host could log in', async () => {
    const { credentialsOf, keysAskedFor } = chooser();
    const credentials = await credentialsOf(normalized({ auth: { type: 'bearer' } }));
    expect(credentials.headers(null, SENDING)).toEqual(['Authorization', 'Bearer K']);
    expect(keysAskedFor).toEqual(['one']);
  });

  it('a connector uses the login of the host, without requesting a key, if its entry requires no API key', () => {
    const { credentialsOf, keysAskedFor } = chooser();
    const credentials = credentialsOf(normalized({ headers: { authorization: 'of the entry' } }));
    expect(credentials).toBeInstanceOf(HostCredentials);
    expect(credentialsOf(normalized({ headers: { authorization: 'of the entry' } }))).toBe(credentials);
    expect(keysAskedFor).toEqual([]);
  });

  it('a connector gets new credentials if its endpoint, its headers or the OAuth provider of the host changes', () => {
    const { credentialsOf, logins } = chooser();
    const seen = new Set([
      credentialsOf(normalized()),
      credentialsOf(normalized({ endpoint: 'https://b.test/mcp' })),
      credentialsOf(normalized({ headers: { 'x-a': '1' } })),
    ]);
    logins.oauth = { ...OAUTH, provider: { ...OAUTH.provider } };
    seen.add(credentialsOf(normalized({ headers: { 'x-a': '1' } })));
    expect(seen.size).toBe(4);
  });

  it('a connector gets no credentials if its entry has none and the host does not log in', () => {
    const { credentialsOf, logins } = chooser();
    logins.oauth = null;
    expect(credentialsOf(normalized())).toBe(NO_CREDENTIALS);
    expect(credentialsOf(normalized({ headers: { Authorization: 'x' } }))).not.toBe(NO_CREDENTIALS);
  });

  it('a connector does not log in if its server is a stdio server, or if the host uses its own proxy', async () => {
    const program = normalized();
    markLocal(program, { command: 'node', args: [], env: {}, cwd: null }, 'the registry');
    expect(chooser().credentialsOf(program)).toBe(NO_CREDENTIALS);
    const { credentialsOf } = chooser(true);
    expect(credentialsOf(normalized())).toBe(NO_CREDENTIALS);
    const keyed = await credentialsOf(normalized({ auth: { type: 'bearer' } }));
    expect(keyed.headers(null, SENDING)).toEqual(['Authorization', 'Bearer K']);
  });
});
