import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Roo config files', () => {
  it('a Roo config file may exclude tools with `disabledTools`, and its timeout is read as seconds', () => {
    const { servers, problems } = readShape('roo-mcp.json');
    expect(servers).toEqual({
      memory: {
        at: '3:5',
        run: 'npx -y @modelcontextprotocol/server-memory',
        timeouts: {
          call: 15000,
        },
        tools: {
          deny: ['delete_entities'],
        },
      },
      events: {
        at: '11:5',
        url: 'https://events.example.com/sse',
        transport: 'sse',
      },
    });
    expect(problems).toEqual([]);
  });
});
