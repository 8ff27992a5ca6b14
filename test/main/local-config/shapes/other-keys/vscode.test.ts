import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of VS Code config files', () => {
  it('a VS Code config file causes a warning if it has `$NAME` in an argument, or asks for a sandbox', () => {
    const { servers, problems } = readShape('vscode-mcp.json');
    expect(servers).toEqual({
      github: {
        at: '4:5',
        url: 'https://api.githubcopilot.example.com/mcp/',
        transport: 'auto',
        oauth: { clientId: 'vs.code' },
      },
      fetch: {
        at: '5:5',
        run: 'uvx mcp-server-fetch --key=$API_KEY',
      },
    });
    expect(problems).toEqual([
      `warning 5:63 servers["fetch"].args[1] contains $API_KEY, which is used unchanged; write \${API_KEY} for the variable.`,
      'warning 5:100 servers["fetch"].sandboxEnabled is not applied: the stdio server runs without a sandbox.',
      `error 6:52 servers["asked"].env["KEY"] needs the input key, which cannot be prompted for; set a variable and write \${NAME}. The server is left out.`,
    ]);
  });
});
