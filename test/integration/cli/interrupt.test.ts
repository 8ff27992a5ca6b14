import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';

const program = fileURLToPath(new URL('../../fixtures/programs/interrupted.ts', import.meta.url));
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

describe('a second signal', () => {
  it.each([
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
  ] as const)(
    'a second signal during the shutdown ends the process immediately, with its own exit code: %s, then %s',
    async (first, second) => {
      const { PATH, NODE_V8_COVERAGE } = process.env;
      const env = { PATH, ...(NODE_V8_COVERAGE && { NODE_V8_COVERAGE }) };
      const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        let said = '';
        child.stdout.on('data', (data: Buffer) => {
          said += data.toString();
        });
        await eventually('it runs', () => said === 'ready\n');
        child.kill(first);
        await eventually('it ends in order', () => said === `ready\n${CODES[first]}\n`);
        const ended = once(child, 'exit', { signal: AbortSignal.timeout(2_000) });
        child.kill(second);
        expect(await ended).toEqual([CODES[second], null]);
      } finally {
        child.kill('SIGKILL');
      }
    },
  );
});
