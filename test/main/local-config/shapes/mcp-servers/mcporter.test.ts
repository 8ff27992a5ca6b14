import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of mcporter config files', () => {
  it('an mcporter config file may have `baseUrl`, bearer tokens, and commands as arrays or as lines of text', () => {
    const { servers, problems } = readShape('mcporter.json');
    expect(servers).toEqual({
      linear: {
        at: '4:5',
        url: 'https://linear.example.com/mcp',
        transport: 'auto',
        headers: {
          'X-Key': 'key-of-the-environment',
          Authorization: 'Bearer token-of-the-environment',
        },
        tools: {
          allow: ['list_issues'],
        },
      },
      fixed: {
        at: '11:5',
        url: 'https://fixed.example.com/mcp',
        transport: 'auto',
        headers: {
          Authorization: 'Bearer a-token',
        },
        tools: {
          deny: ['drop'],
        },
      },
      list: {
        at: '12:5',
        run: 'npx -y @example/list-mcp',
      },
      line: {
        at: '13:5',
        run: 'uvx example-line-mcp --name two words',
      },
      login: {
        at: '14:5',
        url: 'https://login.example.com/mcp',
        transport: 'auto',
        oauth: {},
      },
      'by-hand': {
        at: '15:5',
        url: 'https://by-hand.example.com/mcp',
        transport: 'auto',
        oauth: {
          clientId: 'mcporter-client',
          clientSecretEnv: 'MCPORTER_SECRET',
          scopes: ['read', 'write'],
          callbackPort: 9090,
        },
      },
    });
    expect(problems).toEqual([]);
  });
});
