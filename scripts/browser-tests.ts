/**
 * `npm run test:browser`: runs the tests in a real Chromium. Without Chromium it exits with 1 and says what to install.
 */
import { findChromium, NO_CHROMIUM } from '../test/helpers/chromium.ts';
import { run } from './run-command.ts';

if (findChromium() === null) {
  process.stderr.write(`${NO_CHROMIUM}\n`);
  process.exitCode = 1;
} else process.exitCode = run('vitest', ['run', '--project', 'browser']) ? 0 : 1;
