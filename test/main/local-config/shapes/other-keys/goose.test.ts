import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Goose config files', () => {
  it('the servers of a Goose config file are its extensions, and each enabled extension of another type causes a warning', () => {
    const { servers, problems } = readShape('goose-config.yaml');
    expect(servers).toEqual({
      fetch: {
        at: '15:3',
        run: 'uvx mcp-server-fetch',
        env: {
          LEVEL: 'info',
          API_KEY: 'key-of-the-environment',
        },
        timeouts: {
          call: 300000,
        },
      },
      search: {
        at: '30:3',
        url: 'http://localhost:3005/mcp',
        transport: 'streamable-http',
        timeouts: {
          call: 30000,
        },
        tools: {
          allow: ['web_search'],
        },
        isDisabled: true,
      },
      older: {
        at: '42:3',
        url: 'http://localhost:3006/sse',
        transport: 'sse',
      },
    });
    expect(problems).toEqual([
      'warning 3:3 extensions["developer"] is a part of Goose (builtin), not a server. The server is left out.',
      'warning 26:9 extensions["fetch"].envs["NOT_SET_ANYWHERE"] comes from the variable NOT_SET_ANYWHERE, which is not set, so it is left out.',
    ]);
  });

  it('the list of servers in a Goose recipe is read', () => {
    const { servers, problems } = readShape('goose-recipe.yaml');
    expect(servers).toEqual({
      sheets: {
        at: '5:11',
        run: 'npx -y sheets-mcp',
      },
    });
    expect(problems).toEqual([
      'warning 9:11 extensions[1] is a part of Goose (builtin), not a server. The server is left out.',
    ]);
  });
});
