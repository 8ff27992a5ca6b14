import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Zed config files', () => {
  it('a Zed config file may have flat or nested commands, and an extension of Zed causes a warning', () => {
    const { servers, problems } = readShape('zed-settings.json');
    expect(servers).toEqual({
      flat: {
        at: '10:5',
        run: 'npx -y flat-mcp@0.5.0',
      },
      nested: {
        at: '11:5',
        run: '/usr/bin/nested run',
        env: {
          LEVEL: '1',
        },
        timeouts: {
          call: 90000,
        },
      },
      remote: {
        at: '15:5',
        url: 'https://remote.example.com/mcp',
        transport: 'auto',
        headers: {
          'X-Key': 'key-of-the-environment',
        },
        isDisabled: true,
      },
      older: {
        at: '16:5',
        url: 'https://older.example.com/mcp',
        transport: 'auto',
      },
      login: {
        at: '17:5',
        url: 'https://login.example.com/mcp',
        transport: 'auto',
        oauth: { clientId: 'zed-client' },
      },
    });
    expect(problems).toEqual([
      'warning 5:5 context_servers["github-extension"] is an extension of Zed, which starts its own command: write that command into the file. The server is left out.',
    ]);
  });
});
