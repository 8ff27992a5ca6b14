import { fileURLToPath } from 'node:url';

/**
 * Returns the path of a script that another process runs: `.ts` for a program that runs from its sources, `.js` in
 * dist. `name` is its path from this folder, without extension, such as `demo/own-server`.
 */
export function ownFile(name: string): string {
  // In dist, this code is part of a file in the folder main.
  const path = import.meta.url.endsWith('.ts') ? `./${name}.ts` : `./cli/${name}.js`;
  return fileURLToPath(new URL(path, import.meta.url));
}
