import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Cursor config files', () => {
  it('a Cursor config file yields the OAuth client in `auth`, and its secret stays out of the entry', () => {
    const { servers, problems } = readShape('cursor-mcp.json');
    expect(servers).toEqual({
      discovered: {
        at: '3:5',
        url: 'https://discovered.example.com/mcp',
        transport: 'auto',
      },
      'by-hand': {
        at: '4:5',
        url: 'https://by-hand.example.com/mcp',
        transport: 'auto',
        oauth: { clientId: '3f6c1e2a9b7d4c58', scopes: ['mcp', 'offline_access'] },
        secret: 'token-of-the-environment',
      },
      public: {
        at: '12:5',
        url: 'https://public.example.com/mcp',
        transport: 'auto',
        oauth: { clientId: 'public-client' },
      },
    });
    expect(problems).toEqual([]);
  });
});
