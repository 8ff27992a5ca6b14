import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('the file of Claude Code', () => {
  it('takes the servers of the current folder and those of the user that the folder has not got', () => {
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
      'warning 5:89 mcpServers["notes"].headersHelper names a command, which is never run: the headers that it prints are missing.',
    ]);
  });
});
