import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('the file of Cherry Studio', () => {
  it('takes isActive for enabled and an empty baseUrl for none', () => {
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
