import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of LibreChat config files', () => {
  it('both timeouts in a config file of LibreChat are read as milliseconds, and templates cause a warning', () => {
    const { servers, problems } = readShape('librechat.yaml');
    expect(servers).toEqual({
      warehouse: {
        at: '9:3',
        url: 'http://warehouse.internal:8000/mcp',
        transport: 'streamable-http',
        headers: {
          Authorization: 'Bearer token-of-the-environment',
          'X-User-ID': '{{LIBRECHAT_USER_ID}}',
        },
        timeouts: {
          connect: 15000,
          call: 60000,
        },
      },
      everything: {
        at: '18:3',
        run: 'npx -y @modelcontextprotocol/server-everything',
        env: {
          LEVEL: 'info',
          PORT: '8080',
        },
      },
      again: {
        at: '26:3',
        run: 'again',
        env: {
          LEVEL: 'debug',
          PORT: '8080',
        },
      },
      login: {
        at: '35:3',
        url: 'https://login.example.com/mcp',
        transport: 'streamable-http',
        oauth: { clientId: 'librechat-client', scopes: ['read', 'write'] },
        secret: 'token-of-the-environment',
      },
    });
    expect(problems).toEqual([
      'warning 16:18 mcpServers["warehouse"].headers["X-User-ID"] contains {{LIBRECHAT_USER_ID}}, which only its own client replaces, so it is used unchanged.',
      'error 33:11 mcpServers["bad"].type needs a command next to it. The server is left out.',
      'warning 40:26 mcpServers["login"].oauth.authorization_url is not used: a login uses the addresses that the server publishes.',
      'warning 44:21 mcpServers["login"].oauth.redirect_uri is not the redirect address that a login uses: register http://localhost:PORT/callback for the client too, or set callbackPort.',
    ]);
  });
});
