import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Amp config files', () => {
  it('the servers of an Amp config file are read from `amp.mcpServers`', () => {
    const { servers, problems } = readShape('amp-settings.json');
    expect(servers).toEqual({
      app: {
        at: '4:5',
        url: 'http://127.0.0.1:19224/mcp',
        transport: 'auto',
      },
      tauri: {
        at: '5:5',
        run: 'npx -y @example/tauri-mcp-server',
        tools: {
          allow: ['screenshot'],
        },
      },
    });
    expect(problems).toEqual([]);
  });
});
