import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Claude Code config files', () => {
  it('a Claude Code config file yields the servers of the current folder, and the servers for all folders', () => {
    const { servers, problems } = readShape('claude.json');
    expect(servers).toEqual({
      notes: {
        at: '5:5',
        url: 'https://notes.example.com/mcp',
        transport: 'auto',
        isDisabled: true,
      },
      shared: {
        at: '11:9',
        run: 'shared-of-the-project',
      },
      tools: {
        at: '12:9',
        run: './tools /home/me/project/data',
        cwd: '/home/me/project/sub',
      },
    });
    expect(problems).toEqual([
      'warning 5:89 mcpServers["notes"].headersHelper names a command, which is never run, so the headers that it prints are missing.',
    ]);
  });

  it('a Claude Code config file yields the OAuth client id, the callback port and the scopes of a server', () => {
    const { servers, problems } = readShape('claude-logins.mcp.json');
    expect(servers).toEqual({
      tracker: {
        at: '3:5',
        url: 'https://tracker.example.com/mcp',
        transport: 'auto',
        oauth: { clientId: 'tracker-client', callbackPort: 8080, scopes: ['read', 'write'] },
      },
      pinned: {
        at: '8:5',
        url: 'https://pinned.example.com/mcp',
        transport: 'auto',
        oauth: {},
      },
      enterprise: {
        at: '13:5',
        url: 'https://enterprise.example.com/mcp',
        transport: 'auto',
        oauth: { clientId: 'e', xaa: true },
      },
    });
    expect(problems).toEqual([
      'warning 11:43 mcpServers["pinned"].oauth.authServerMetadataUrl is not used: a login uses the addresses that the server publishes.',
      'warning 13:117 mcpServers["enterprise"].oauth.xaa requires a login with ID-JAG, which this version does not support.',
    ]);
  });
});
