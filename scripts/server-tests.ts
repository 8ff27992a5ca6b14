/**
 * `npm run test:servers [-- --only ID,… --trace FOLDER]`: checks that published stdio servers work with this package as
 * they do with the plain SDK. The servers are installed into test/servers first, in the versions that its package.json
 * pins.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './run-command.ts';

const folder = fileURLToPath(new URL('../test/servers/', import.meta.url));

/** Returns the version in a package.json; null if the file is missing. */
function versionIn(path: string): string | null {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version.replace(/^v/, '');
  } catch {
    return null;
  }
}

function isInstalled(): boolean {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as {
    dependencies: Record<string, string>;
    optionalDependencies: Record<string, string>;
  };
  // The optional dependencies are executables that run only on Linux with an x64 processor.
  const native = process.platform === 'linux' && process.arch === 'x64' ? optionalDependencies : {};
  return Object.entries({ ...dependencies, ...native }).every(
    ([name, version]) => versionIn(`${folder}node_modules/${name}/package.json`) === version,
  );
}

function install(): boolean {
  process.stderr.write('Installing published servers into test/servers (once; some 490 MB) …\n');
  const quietly = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--loglevel=error'];
  return run('npm', ['install', ...quietly], { cwd: folder });
}

const isReady = isInstalled() || install();
if (!isReady) process.stderr.write('The servers cannot be installed; can the registry be reached?\n');
const args = [fileURLToPath(new URL('../test/servers/run.ts', import.meta.url)), ...process.argv.slice(2)];
process.exitCode = isReady && run(process.execPath, args) ? 0 : 1;
