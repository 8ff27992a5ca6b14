import { describe, expect, it } from 'vitest';
import { exportServers } from '../../../../src/main/registry/transfer/export-servers.ts';
import type { ServerInfo } from '../../../../src/shared/servers/server-info.ts';

const program: ServerInfo = { name: 'p', transport: 'stdio', command: 'c', args: ['x'], env: { A: '1' } };
const remote: ServerInfo = { name: 'r', transport: 'streamableHttp', endpoint: 'http://r/mcp', headers: { H: '1' } };
const sse: ServerInfo = { name: 's', transport: 'sse', endpoint: 'http://s/sse' };
const socket: ServerInfo = { name: 'w', transport: 'ws', endpoint: 'ws://w' };

describe('an export', () => {
  it('in the form of the registry holds every server as it is', () => {
    const servers = [program, socket];
    expect(exportServers(servers, 'servers')).toEqual({ document: { servers }, leftOut: [] });
  });

  it.each([
    ['claude', 'mcpServers', undefined, 'http', 'sse'],
    ['cursor', 'mcpServers', undefined, undefined, undefined],
    ['vscode', 'servers', 'stdio', 'http', 'sse'],
  ] as const)('for %s has its members and types, and leaves out what it cannot name', (format, list, ...types) => {
    const { document, leftOut } = exportServers([program, remote, sse, socket], format);
    const [ofProgram, ofRemote, ofSse] = types.map((type) => type !== undefined && { type });
    expect(document).toEqual({
      [list]: {
        p: { ...ofProgram, command: 'c', args: ['x'], env: { A: '1' } },
        r: { ...ofRemote, url: 'http://r/mcp', headers: { H: '1' } },
        s: { ...ofSse, url: 'http://s/sse' },
      },
    });
    expect(leftOut).toEqual(['w']);
  });

  it.each([
    ['claude', `\${env:KEY} \${OTHER:-x}`, `\${KEY} \${OTHER:-x}`],
    ['cursor', `\${KEY} \${env:OTHER} \${userHome}`, `\${env:KEY} \${env:OTHER} \${userHome}`],
    ['vscode', `\${KEY} \${workspaceFolder}`, `\${env:KEY} \${workspaceFolder}`],
  ] as const)('for %s writes variables as it does, however deep', (format, before, after) => {
    const { document } = exportServers([{ ...program, args: [before], extra: { deep: [before, 1, null] } }], format);
    expect(JSON.stringify(document).split(JSON.stringify(after))).toHaveLength(3);
  });
});
