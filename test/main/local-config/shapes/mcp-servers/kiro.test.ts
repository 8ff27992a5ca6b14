import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Kiro config files', () => {
  it('a Kiro config file may exclude tools with `disabledTools`, and set the redirect port of a login', () => {
    const { servers, problems } = readShape('kiro-mcp.json');
    expect(servers).toEqual({
      'aws-docs': {
        at: '3:5',
        run: 'uvx example.aws-docs-mcp-server@latest',
        env: {
          FASTMCP_LOG_LEVEL: 'ERROR',
          KEY: 'key-of-the-environment',
        },
        timeouts: {
          call: 120000,
        },
        tools: {
          deny: ['recommend'],
        },
      },
      remote: {
        at: '12:5',
        url: 'https://remote.example.com/mcp',
        transport: 'auto',
        oauth: { clientId: 'abc', scopes: ['read'], callbackPort: 7778 },
        secret: 'token-of-the-environment',
      },
    });
    expect(problems).toEqual([
      'warning 14:84 mcpServers["remote"].oauth.redirectUri is not the redirect address that a login uses: register http://localhost:7778/callback for the client too.',
    ]);
  });
});
