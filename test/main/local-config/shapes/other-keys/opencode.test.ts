import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('the file of OpenCode', () => {
  it('takes lists of commands, variables and files in braces', () => {
    const { servers, problems } = readShape('opencode.jsonc');
    expect(servers).toEqual({
      'local-one': {
        at: '4:5',
        run: 'bun x @example/one-mcp key-of-the-environment',
        env: {
          TOKEN: 'token-of-the-environment',
        },
        timeouts: {
          connect: 5000,
        },
      },
      'remote-one': {
        at: '11:5',
        url: 'https://remote.example.com/mcp',
        transport: 'auto',
        headers: {
          Authorization: 'Bearer key-of-a-file',
        },
      },
      login: {
        at: '17:5',
        url: 'https://login.example.com/mcp',
        transport: 'auto',
        isDisabled: true,
      },
    });
    expect(problems).toEqual([
      'warning 17:83 mcp["login"].oauth asks for a login, which this file cannot give: without a token in headers the server refuses what needs one.',
      'warning 18:5 mcp["of-the-company"] has neither command nor url: it switches a server that another file has. The server is left out.',
      'error 19:52 mcp["lost"].command[1] needs the file ./no-such-file, which cannot be read. The server is left out.',
    ]);
  });
});
