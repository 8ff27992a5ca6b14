import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Copilot CLI config files', () => {
  it('in a Copilot CLI config file, `tools` is an allow list, `*` means all tools, and timeouts are in milliseconds', () => {
    const { servers, problems } = readShape('copilot-mcp-config.json');
    expect(servers).toEqual({
      docs: {
        at: '3:3',
        url: 'https://docs.example.com/mcp',
        transport: 'auto',
        tools: {
          allow: ['*'],
        },
      },
      code: {
        at: '9:3',
        run: 'npx -y @example/code-mcp',
        env: {
          TOKEN: 'token-of-the-environment',
        },
        timeouts: {
          call: 2000,
        },
        tools: {
          allow: ['search_code', 'list_commits'],
        },
      },
      none: {
        at: '17:3',
        url: 'https://none.example.com/sse',
        transport: 'sse',
        tools: {
          allow: [],
        },
      },
      login: {
        at: '18:3',
        url: 'https://login.example.com/mcp',
        transport: 'auto',
        oauth: {
          clientId: 'copilot-client',
          clientSecretEnv: 'COPILOT_SECRET',
          grant: 'client_credentials',
          callbackPort: 8123,
        },
      },
    });
    expect(problems).toEqual([]);
  });
});
