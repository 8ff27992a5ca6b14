import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('Junie config file', () => {
  it('runs a stdio server in its workingDirectory', () => {
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
