/**
 * `npm run test:browser`: runs the tests that need a real Chromium. If there is no Chromium, says how to install it and
 * exits with 1.
 */
import { findChromium, NO_CHROMIUM } from '../test/helpers/chromium.ts';
import { run } from './run-command.ts';

if (findChromium() === null) {
  process.stderr.write(`${NO_CHROMIUM}\n`);
  process.exitCode = 1;
} else process.exitCode = run('vitest', ['run', '--project', 'browser']) ? 0 : 1;
