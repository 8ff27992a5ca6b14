import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('the file of Kiro', () => {
  it('leaves out the disabledTools and warns of a login that is the only credential', () => {
    const { servers, problems } = readShape('kiro-mcp.json');
    expect(servers).toEqual({
      'aws-docs': {
        at: '3:5',
        run: 'uvx example.aws-docs-mcp-server@latest',
        env: {
          FASTMCP_LOG_LEVEL: 'ERROR',
          KEY: 'key-of-the-environment',
        },
        timeouts: {
          call: 120000,
        },
        tools: {
          deny: ['recommend'],
        },
      },
      remote: {
        at: '12:5',
        url: 'https://remote.example.com/mcp',
        transport: 'auto',
      },
    });
    expect(problems).toEqual([
      'warning 12:67 mcpServers["remote"].oauth asks for a login, which this file cannot give: without a token in headers the server refuses what needs one.',
    ]);
  });
});
