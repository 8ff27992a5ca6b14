import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Junie config files', () => {
  it('the working folder of a stdio server in a Junie config file is read from `workingDirectory`', () => {
    const { servers, problems } = readShape('junie-mcp.json');
    expect(servers).toEqual({
      framework: {
        at: '3:9',
        run: 'php artisan boost:mcp',
        cwd: '/work/backend',
      },
    });
    expect(problems).toEqual([]);
  });
});
