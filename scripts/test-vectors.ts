/**
 * `npm run test:vectors`: runs the large public sets of test vectors if their folder exists, or prints a note if it
 * does not.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './run-command.ts';

const folder = fileURLToPath(new URL('../../shared/vectors', import.meta.url));
if (existsSync(folder))
  process.exitCode = run('vitest', ['run', '--project', 'vectors'], { env: { SWITCHYARD_VECTORS: folder } }) ? 0 : 1;
else process.stdout.write('Skipped: the folder ../shared/vectors next to this checkout does not exist.\n');
