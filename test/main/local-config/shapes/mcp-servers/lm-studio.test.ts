import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of LM Studio config files', () => {
  it('a timeout above 3 600 in a config file of LM Studio is read as milliseconds', () => {
    const { servers, problems } = readShape('lmstudio-mcp.json');
    expect(servers).toEqual({
      models: {
        at: '3:5',
        url: 'https://models.example.com/mcp',
        transport: 'auto',
        headers: {
          Authorization: 'Bearer <YOUR_TOKEN>',
        },
        timeouts: {
          call: 10000,
        },
      },
      search: {
        at: '10:5',
        run: 'npx -y mcp-searxng',
        env: {
          SEARXNG_URL: 'http://localhost:8888',
        },
      },
    });
    expect(problems).toEqual([]);
  });
});
