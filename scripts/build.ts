/** `npm run build`: dist/ out of src/, as JavaScript with declarations and source maps. */
import { chmodSync, rmSync } from 'node:fs';
import { run } from './run-command.ts';

rmSync('dist', { recursive: true, force: true });
if (run('tsc', ['-p', 'tsconfig.build.json'])) chmodSync('dist/main/cli/bin.js', 0o755);
else process.exitCode = 1;
