import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Codex config files', () => {
  it('a config file of Codex may have variables, headers, timeouts and tool lists in TOML tables', () => {
    const { servers, problems } = readShape('codex-config.toml');
    expect(servers).toEqual({
      docs: {
        at: '10:14',
        run: 'npx -y @example/docs-mcp',
        env: {
          'LOG.LEVEL': 'debug',
          API_KEY: 'key-of-the-environment',
        },
        timeouts: {
          connect: 20500,
          call: 90000,
        },
        tools: {
          allow: ['search', 'read'],
          deny: ['write'],
        },
      },
      'far-away': {
        at: '28:14',
        url: 'https://far.example.com/mcp',
        transport: 'auto',
        headers: {
          'X-Region': 'eu',
          'X-Key': 'key-of-the-environment',
          Authorization: 'Bearer token-of-the-environment',
        },
        isDisabled: true,
      },
      login: {
        at: '43:14',
        url: 'https://login.example.com/mcp',
        transport: 'auto',
        oauth: { clientId: 'codex-client', scopes: ['read', 'write'], callbackPort: 9091 },
      },
    });
    expect(problems).toEqual([
      'warning 16:24 mcp_servers["docs"].env["NOT_SET_ANYWHERE"] comes from the variable NOT_SET_ANYWHERE, which is not set, so it is left out.',
      'error 38:19 mcp_servers["bad"].args[1] must be a string; put it in quotes. The server is left out.',
      'error 41:11 mcp_servers["line"].command contains arguments: put them into args. The server is left out.',
    ]);
  });
});
