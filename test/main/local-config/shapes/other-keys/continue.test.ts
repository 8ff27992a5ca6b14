import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Continue config files', () => {
  it('a Continue config file lists its servers in an array, and its secrets are read from the environment', () => {
    const { servers, problems } = readShape('continue.yaml');
    expect(servers).toEqual({
      'browser-search': {
        at: '5:11',
        run: 'npx @example/playwright-mcp@latest',
        env: {
          KEY: 'key-of-the-environment',
        },
        timeouts: {
          connect: 20000,
        },
      },
      far: {
        at: '12:11',
        url: 'https://far.example.com/mcp',
        transport: 'streamable-http',
        headers: {
          Authorization: 'Bearer token-of-the-environment',
        },
      },
    });
    expect(problems).toEqual([
      'error 18:5 mcpServers[2] needs a name of 1 to 1024 characters. The server is left out.',
      'error 19:11 mcpServers[3] is defined twice; only the first definition is used. The server is left out.',
      'warning 21:11 mcpServers[4].uses is a block of the hub of Continue, which is not fetched: write its command or url into the file. The server is left out.',
    ]);
  });

  it('a server without a name in an older Continue config file gets an id from its position', () => {
    const { servers, problems } = readShape('continue-config.json');
    expect(servers).toEqual({
      'server-1': {
        at: '5:7',
        run: 'uvx mcp-server-sqlite --db-path a.db',
      },
      events: {
        at: '6:17',
        url: 'https://events.example.com/sse',
        transport: 'sse',
      },
    });
    expect(problems).toEqual([]);
  });
});
