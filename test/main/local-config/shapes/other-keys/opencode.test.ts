import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of OpenCode config files', () => {
  it('an OpenCode config file may have commands as arrays, and may refer to variables and files in braces', () => {
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
        oauth: false,
      },
      login: {
        at: '17:5',
        url: 'https://login.example.com/mcp',
        transport: 'auto',
        oauth: {},
        isDisabled: true,
      },
      'by-hand': {
        at: '18:5',
        url: 'https://by-hand.example.com/mcp',
        transport: 'auto',
        oauth: { clientId: 'key-of-the-environment', scopes: ['read', 'write'] },
        secret: 'key-of-a-file',
      },
      open: {
        at: '23:5',
        url: 'https://open.example.com/mcp',
        transport: 'auto',
        oauth: false,
      },
    });
    expect(problems).toEqual([
      'warning 24:5 mcp["of-the-company"] has neither command nor url: it switches a server that is defined in another file. The server is left out.',
      'error 25:52 mcp["lost"].command[1] needs the file ./no-such-file, which cannot be read. The server is left out.',
    ]);
  });
});
