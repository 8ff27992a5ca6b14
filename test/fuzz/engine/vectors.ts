import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Folder with public test vectors, next to the checkout and not part of it. `SWITCHYARD_VECTORS` can specify another
 * folder.
 */
const FOLDER = process.env.SWITCHYARD_VECTORS ?? fileURLToPath(new URL('../../../../shared/vectors', import.meta.url));

/** Returns the files in a folder of the vectors, or an empty list if the folder does not exist. */
export function vectorFiles(folder: string): readonly Uint8Array[] {
  const path = join(FOLDER, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path).map((name) => new Uint8Array(readFileSync(join(path, name))));
}

/** Returns the short strings of the big list of naughty strings, or an empty list if its file does not exist. */
export function naughtyStrings(): readonly string[] {
  const path = join(FOLDER, 'blns/blns.json');
  if (!existsSync(path)) return [];
  const strings = JSON.parse(readFileSync(path, 'utf8')) as readonly string[];
  return strings.filter((text) => text.length > 0 && text.length <= 40);
}
