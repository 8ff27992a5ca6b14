import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { MapServer } from '../../helpers/map-server.ts';
import { KEY, mapOf, signed } from '../../helpers/signed-map.ts';

const PROGRAM = fileURLToPath(new URL('../../fixtures/programs/niced-host.ts', import.meta.url));

it.runIf(process.platform === 'linux')(
  'only the thread that loads maps has a lower priority than the main thread',
  async () => {
    await using server = await MapServer.start(signed(mapOf([], { generatedAt: new Date().toISOString() })));
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, server.url, KEY]);
    const [main = 0, ...others] = JSON.parse(stdout) as number[];
    expect(others.filter((niceness) => niceness === main + 10 || niceness === 10)).toHaveLength(1);
    expect(others.filter((niceness) => niceness === main).length).toBe(others.length - 1);
  },
);
