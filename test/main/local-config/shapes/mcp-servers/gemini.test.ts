import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Gemini CLI config files', () => {
  it('a Gemini CLI config file may contain `httpUrl`, timeouts in milliseconds, `$NAME` and two tool lists', () => {
    const { servers, problems } = readShape('gemini-settings.json');
    expect(servers).toEqual({
      docs: {
        at: '5:5',
        url: 'https://docs.example.com/mcp',
        transport: 'streamable-http',
        timeouts: {
          call: 30000,
        },
        tools: {
          allow: ['lookup', 'read_page'],
          deny: ['write_page'],
        },
      },
      search: {
        at: '12:5',
        url: 'https://search.example.com/sse',
        transport: 'auto',
        headers: {
          'X-Key': 'key-of-the-environment',
        },
      },
      files: {
        at: '13:5',
        run: 'python -m files_mcp',
        env: {
          KEY: 'key-of-the-environment',
        },
        cwd: '/work/tools',
      },
      cloud: {
        at: '14:5',
        url: 'https://cloud.example.com/mcp',
        transport: 'streamable-http',
      },
      login: {
        at: '15:5',
        url: 'https://login.example.com/mcp',
        transport: 'streamable-http',
        oauth: { clientId: 'gemini-client', scopes: ['read'], callbackPort: 7777 },
        secret: 'token-of-the-environment',
      },
      open: {
        at: '27:5',
        url: 'https://open.example.com/mcp',
        transport: 'streamable-http',
        oauth: false,
      },
    });
    expect(problems).toEqual([
      'warning 14:80 mcpServers["cloud"].authProviderType requires Google credentials, which are not fetched here: put a token into headers.',
      'warning 21:29 mcpServers["login"].oauth.authorizationUrl is not used: a login uses the addresses that the server publishes.',
      'warning 22:21 mcpServers["login"].oauth.tokenUrl is not used: a login uses the addresses that the server publishes.',
      'warning 23:24 mcpServers["login"].oauth.redirectUri is not the redirect address that a login uses: register http://localhost:7777/callback for the client too.',
    ]);
  });
});
