import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('Windsurf and Antigravity config file', () => {
  it('connects to a server at its serverUrl and excludes the disabledTools', () => {
    const { servers, problems } = readShape('windsurf-mcp_config.json');
    expect(servers).toEqual({
      issues: {
        at: '3:5',
        url: 'https://issues.example.com/mcp',
        transport: 'auto',
        headers: {
          Authorization: 'Bearer token-of-the-environment',
        },
      },
      browser: {
        at: '7:5',
        run: 'npx -y @example/browser-mcp@latest',
        tools: {
          deny: ['browser_evaluate'],
        },
      },
    });
    expect(problems).toEqual([]);
  });
});
