import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServiceMapSignature } from '../../../src/shared/map/signature.ts';
import { RedisServer } from '../../../test/helpers/fleet/redis-server.ts';
import { TestMcpServer } from '../../../test/helpers/mcp-server.ts';
import { addDemoTools } from './demo-tools.ts';
import type { ServerName } from './substitutions.ts';

/** The values of the secret environment variables that pages mention. */
export const SECRETS = {
  CONNECTORS_SIGNATURE_KEY: 'the key of the maps in the demo world',
  CONNECTORS_API_KEY: 'the key of the connectors in the demo world',
  COMPANY_KEY: 'the key of the maps in the demo world',
  COMPANY_API_KEY: 'the key of the connectors in the demo world',
  TEAM_KEY: 'the key of the maps in the demo world',
  MAP_KEY: 'another key of the maps in the demo world',
  FLEET_SECRET: 'a secret that is long enough for a fleet',
  SWITCHYARD_FLEET_PASSWORD: 'the-password-of-the-fleet',
  GATEWAY_TOKEN: 'the-token-of-the-gateway-0123456789',
  CLIENT_TOKEN: 'the-token-of-the-clients-0123456789',
  SEARCH_TOKEN: 'the-token-of-the-search',
  TOKEN: 'the-token-of-a-server',
  TEAM: 'the team of the demo world',
} as const;

/**
 * Servers on loopback addresses that replace the hosts on the pages. A server is started when its address is first
 * needed.
 */
export class WorldServers implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #addresses = new Map<ServerName, Promise<string>>();
  readonly #public: string;

  /** The server for maps also serves the files in `publicFolder`. */
  constructor(publicFolder: string) {
    this.#public = publicFolder;
  }

  address(name: ServerName): Promise<string> {
    const known = this.#addresses.get(name);
    if (known !== undefined) return known;
    const started = this.#start(name);
    this.#addresses.set(name, started);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #start(name: ServerName): Promise<string> {
    switch (name) {
      case 'maps':
        return this.#startMaps();
      case 'mcp':
        return this.#stack.use(await TestMcpServer.start((server) => addDemoTools(server, 'all'))).url;
      case 'linear':
      case 'notion': {
        // These modules are imported only if they are needed, because they load slowly and few pages need them.
        const { AuthorizationServer } = await import('../../../test/helpers/logins/authorization-server.ts');
        const { ProtectedMcpServer } = await import('../../../test/helpers/logins/protected-mcp-server.ts');
        const { issuer } = this.#stack.use(await AuthorizationServer.start());
        return this.#stack.use(await ProtectedMcpServer.start({ issuer })).url;
      }
      case 'redis': {
        const rights = `on >${SECRETS.SWITCHYARD_FLEET_PASSWORD} ~* &* +@all`;
        const users = ['default', 'fetcher', 'switchyard'].map((user) => `user ${user} ${rights}`);
        return this.#stack.use(await RedisServer.start(users)).url;
      }
    }
  }

  async #startMaps(): Promise<string> {
    const endpoint = await this.address('mcp');
    const server = createServer(({ url = '/' }, response) => {
      const file = join(this.#public, url);
      if (existsSync(file) && statSync(file).isFile()) response.end(readFileSync(file));
      else if (url.includes('key')) response.writeHead(404).end();
      else response.end(JSON.stringify(signedMap(endpoint)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#stack.defer(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}

/** Returns an unsigned map in which all connectors have the same endpoint. */
export function mapOf(endpoint: string) {
  const connectors = ['search', 'github', 'mail'].map((id) => ({
    ...{ id, version: '1.0.0', name: id, status: 'enabled', ttl: 300, scopes: ['read'], endpoint },
  }));
  const generatedAt = new Date().toISOString();
  return { id: '01JD0000000000000000000000', brand: 'docs', generatedAt, ttlSeconds: 3_600, connectors };
}

function signedMap(endpoint: string): object {
  const map = mapOf(endpoint);
  return { ...map, signature: createServiceMapSignature(map, SECRETS.CONNECTORS_SIGNATURE_KEY) };
}
