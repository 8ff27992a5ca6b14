import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Cline config files', () => {
  it('a timeout of up to 3 600 in a config file of Cline is read as seconds', () => {
    const { servers, problems } = readShape('cline_mcp_settings.json');
    expect(servers).toEqual({
      weather: {
        at: '3:5',
        run: 'node /home/me/mcp/weather/index.js',
        env: {
          API_KEY: 'a-key',
        },
        timeouts: {
          call: 60000,
        },
      },
      tracker: {
        at: '12:5',
        url: 'https://tracker.example.com/mcp',
        transport: 'streamable-http',
        timeouts: {
          call: 1800000,
        },
        isDisabled: true,
      },
    });
    expect(problems).toEqual([]);
  });
});
