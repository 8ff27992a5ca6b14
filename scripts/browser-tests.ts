/** `npm run test:browser`: the tests that drive a real Chromium. Exits with 1, saying what to install, where there is none. */
import { findChromium, NO_CHROMIUM } from '../test/helpers/chromium.ts';
import { run } from './run-command.ts';

if (findChromium() === null) {
  process.stderr.write(`${NO_CHROMIUM}\n`);
  process.exitCode = 1;
} else process.exitCode = run('vitest', ['run', '--project', 'browser']) ? 0 : 1;
