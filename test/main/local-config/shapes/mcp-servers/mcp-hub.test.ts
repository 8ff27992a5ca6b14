import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of mcp-hub config files', () => {
  it('a null variable in an mcp-hub config file is read from the environment, and a command in a value never runs', () => {
    const { servers, problems } = readShape('mcp-hub-servers.json');
    expect(servers).toEqual({
      github: {
        at: '4:5',
        run: 'npx -y @example/github-mcp',
        env: {
          API_TOKEN: 'token-of-the-environment',
          MODE: 'read',
        },
        tools: {
          deny: ['push_files'],
        },
      },
    });
    expect(problems).toEqual([
      'warning 7:55 mcpServers["github"].env["NOT_SET_ANYWHERE"] comes from the variable NOT_SET_ANYWHERE, which is not set, so it is left out.',
      'warning 9:29 mcpServers["github"].disabled_resources is not applied: the items that it lists are still shown.',
      'error 13:86 mcpServers["vault"].headers["Authorization"] contains a command, which is never run; put its output into a variable. The server is left out.',
    ]);
  });
});
