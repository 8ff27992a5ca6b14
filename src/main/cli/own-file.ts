import { fileURLToPath } from 'node:url';

/**
 * The path of a script of the command line, which another process runs: `.ts` where the sources run as they are, `.js`
 * in dist. `name` is its path from this folder, without extension, such as `demo/own-server`.
 */
export function ownFile(name: string): string {
  // In dist this code is in a file of the folder main.
  const path = import.meta.url.endsWith('.ts') ? `./${name}.ts` : `./cli/${name}.js`;
  return fileURLToPath(new URL(path, import.meta.url));
}
