import { DurableLogins } from '../../src/main/state-dir/durable-logins.ts';
import { WriterClient } from '../../src/main/writer/writer-client.ts';
import { bindingIdOf, type LoginClient, type LoginTokens } from '../../src/shared/logins/login-records.ts';

const CLIENT: LoginClient = {
  kind: 'configured',
  clientId: 'bench',
  clientSecret: null,
  authMethod: null,
  redirectUris: [],
  secretExpiresAtMs: null,
};

/** Stores a login for each of these URLs in a state folder, as if a user had logged in at `issuer`. */
export async function seedLogins(
  stateDir: string,
  urls: readonly string[],
  issuer: string,
  tokensOf: (index: number) => LoginTokens,
): Promise<void> {
  const writer = new WriterClient(stateDir);
  const store = new DurableLogins(stateDir, writer);
  for (const [index, endpoint] of urls.entries()) {
    const key = { issuer, clientId: CLIENT.clientId, resource: endpoint, subject: 'shared' } as const;
    await store.saveBinding({
      bindingId: bindingIdOf(endpoint, CLIENT.clientId),
      endpoint,
      key,
      grant: 'authorization_code',
      discovery: discoveryOf(issuer, endpoint),
      wantedScope: null,
      client: CLIENT,
    });
    await store.saveLogin(key, tokensOf(index));
  }
  await writer.close();
}

function discoveryOf(issuer: string, resource: string): string {
  return JSON.stringify({
    issuer,
    resource,
    authorizationServerUrl: issuer,
    metadata: {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none'],
    },
    resourceMetadata: { resource, authorization_servers: [issuer] },
  });
}

/** Returns a configuration file with a connector for each URL. All connectors have the client id `bench`. */
export function configOf(urls: readonly string[], hasLogin: boolean): string {
  const servers = urls.map((url, index) => [
    `c${index}`,
    { url, ...(hasLogin && { oauth: { clientId: CLIENT.clientId } }) },
  ]);
  return JSON.stringify({ mcpServers: Object.fromEntries(servers) });
}
