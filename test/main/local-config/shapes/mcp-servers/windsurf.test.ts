import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Windsurf and Antigravity config files', () => {
  it('a Windsurf or Antigravity config file has URLs in `serverUrl`, and may exclude tools with `disabledTools`', () => {
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
