import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Crush config files', () => {
  it('variables in a Crush config file are expanded as in a shell, but no command is run', () => {
    const { servers, problems } = readShape('crush.json');
    expect(servers).toEqual({
      filesystem: {
        at: '5:5',
        run: 'node /home/me/mcp-server.js key-of-the-environment',
        env: {
          LEVEL: 'info',
          PRICE: '\\$5',
        },
        timeouts: {
          connect: 120000,
        },
        tools: {
          deny: ['some_tool'],
        },
      },
      github: {
        at: '14:5',
        url: 'https://api.githubcopilot.example.com/mcp/',
        transport: 'auto',
        headers: {
          Authorization: 'Bearer token-of-the-environment',
        },
      },
      stream: {
        at: '19:5',
        url: 'https://stream.example.com/mcp/sse',
        transport: 'sse',
        headers: {
          'API-Key': '$(echo key-of-the-environment)',
        },
      },
    });
    expect(problems).toEqual([
      'warning 22:31 mcp["stream"].headers["API-Key"] contains a command, which is never run: the text is used unchanged; put the output of the command into a variable.',
      'error 24:72 mcp["strict"].env["GONE"] needs the variable GONE, which is not set: ask the team for it. The server is left out.',
    ]);
  });
});
