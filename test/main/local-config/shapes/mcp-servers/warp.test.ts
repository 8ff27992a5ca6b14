import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Warp config files', () => {
  it('a Warp config file may list servers at its top level, and set their `working_directory`', () => {
    const { servers, problems } = readShape('warp.mcp.json');
    expect(servers).toEqual({
      files: {
        at: '2:3',
        run: 'npx -y @modelcontextprotocol/server-filesystem .',
        cwd: '/home/me/src',
      },
      docs: {
        at: '9:3',
        url: 'https://docs.example.com/mcp',
        transport: 'auto',
        headers: {
          'X-Key': 'key-of-the-environment',
        },
      },
    });
    expect(problems).toEqual([]);
  });
});
