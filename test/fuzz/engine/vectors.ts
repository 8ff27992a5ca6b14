import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Public test vectors, in a folder next to the checkout that is not part of it; `SWITCHYARD_VECTORS` names another
 * folder.
 */
const FOLDER = process.env.SWITCHYARD_VECTORS ?? fileURLToPath(new URL('../../../../shared/vectors', import.meta.url));

/** Returns the files of a folder of the vectors; none if it does not exist. */
export function vectorFiles(folder: string): readonly Uint8Array[] {
  const path = join(FOLDER, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path).map((name) => new Uint8Array(readFileSync(join(path, name))));
}

/** Returns the short strings of the big list of naughty strings; none if it does not exist. */
export function naughtyStrings(): readonly string[] {
  const path = join(FOLDER, 'blns/blns.json');
  if (!existsSync(path)) return [];
  const strings = JSON.parse(readFileSync(path, 'utf8')) as readonly string[];
  return strings.filter((text) => text.length > 0 && text.length <= 40);
}
