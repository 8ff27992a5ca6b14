import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Cherry Studio config files', () => {
  it('in a Cherry Studio config file, `isActive` enables a server, and an empty `baseUrl` is ignored', () => {
    const { servers, problems } = readShape('cherry-studio.json');
    expect(servers).toEqual({
      jRf8: {
        at: '3:5',
        run: 'uvx mcp-server-fetch',
      },
      kQ2x: {
        at: '13:5',
        url: 'https://far.example.com/mcp',
        transport: 'streamable-http',
        isDisabled: true,
      },
    });
    expect(problems).toEqual([]);
  });
});
