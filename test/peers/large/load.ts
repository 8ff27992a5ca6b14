import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Imports a package of this folder, whose types may be missing when this file is type-checked. */
export const load = (name: string): Promise<unknown> => import(name);

/** Returns the path of a file in a package of this folder. Throws with the install command if the file is missing. */
export function largePeerFile(path: string): string {
  const file = fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));
  if (existsSync(file)) return file;
  throw new Error(`${path} is not installed; run npm run test:peers, which installs it`);
}
