import { fileURLToPath } from 'node:url';

/**
 * Returns the path of a script of this package, to be run in another process. `name` is the path from this folder
 * without the extension, such as `demo/own-server`. The extension is `.ts` if this program runs from its sources, and
 * `.js` in `dist`.
 */
export function ownFile(name: string): string {
  // The build bundles this code into a file in `dist/main`, so the scripts are in the subfolder `cli`.
  const path = import.meta.url.endsWith('.ts') ? `./${name}.ts` : `./cli/${name}.js`;
  return fileURLToPath(new URL(path, import.meta.url));
}
