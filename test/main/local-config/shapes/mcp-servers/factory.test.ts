import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Factory config files', () => {
  it('a disabled server in a config file of Factory is read as disabled', () => {
    const { servers, problems } = readShape('factory-mcp.json');
    expect(servers).toEqual({
      brew: {
        at: '3:5',
        run: 'brew mcp-server',
      },
      mise: {
        at: '4:5',
        run: 'mise mcp',
        env: {
          MISE_EXPERIMENTAL: '1',
        },
        isDisabled: true,
      },
      linear: {
        at: '5:5',
        url: 'https://linear.example.com/mcp',
        transport: 'auto',
        tools: {
          deny: ['delete_issue'],
        },
      },
    });
    expect(problems).toEqual([]);
  });
});
