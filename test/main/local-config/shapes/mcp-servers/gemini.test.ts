import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('the file of Gemini CLI', () => {
  it('takes httpUrl for Streamable HTTP, timeouts in milliseconds, $NAME and both tool lists', () => {
    const { servers, problems } = readShape('gemini-settings.json');
    expect(servers).toEqual({
      docs: {
        at: '5:5',
        url: 'https://docs.example.com/mcp',
        transport: 'streamable-http',
        timeouts: {
          call: 30000,
        },
        tools: {
          allow: ['lookup', 'read_page'],
          deny: ['write_page'],
        },
      },
      search: {
        at: '12:5',
        url: 'https://search.example.com/sse',
        transport: 'auto',
        headers: {
          'X-Key': 'key-of-the-environment',
        },
      },
      files: {
        at: '13:5',
        run: 'python -m files_mcp',
        env: {
          KEY: 'key-of-the-environment',
        },
        cwd: '/work/tools',
      },
      cloud: {
        at: '14:5',
        url: 'https://cloud.example.com/mcp',
        transport: 'streamable-http',
      },
    });
    expect(problems).toEqual([
      'warning 14:80 mcpServers["cloud"].authProviderType asks for a login, which this file cannot give: without a token in headers the server refuses what needs one.',
    ]);
  });
});
