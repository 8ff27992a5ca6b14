/**
 * `npm run test:peers`: tests that clients of other projects can use the gateway. Large clients are not dependencies of
 * this project. They are installed into test/peers/large first, in the versions that its package.json pins.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './run-command.ts';

const folder = fileURLToPath(new URL('../test/peers/large/', import.meta.url));

/** Returns the version in a package.json; null if the file is missing. */
function versionIn(path: string): string | null {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  } catch {
    return null;
  }
}

function isInstalled(): boolean {
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.entries(dependencies).every(
    ([name, version]) => versionIn(`${folder}node_modules/${name}/package.json`) === version,
  );
}

function install(): boolean {
  process.stderr.write('Installing the large clients into test/peers/large (once; some 150 MB) …\n');
  const quietly = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--loglevel=error'];
  return run('npm', ['install', ...quietly], { cwd: folder });
}

const isReady = isInstalled() || install();
if (!isReady) process.stderr.write('The large clients cannot be installed; can the registry be reached?\n');
process.exitCode = isReady && run('vitest', ['run', '--project', 'peers']) ? 0 : 1;
