import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Public test vectors, which lie beside the checkout and are not part of it; `SWITCHYARD_VECTORS` names another place. */
const FOLDER = process.env.SWITCHYARD_VECTORS ?? fileURLToPath(new URL('../../../../shared/vectors', import.meta.url));

/** The files of a folder of the vectors; none where it does not exist. */
export function vectorFiles(folder: string): readonly Uint8Array[] {
  const path = join(FOLDER, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path).map((name) => new Uint8Array(readFileSync(join(path, name))));
}

/** Strings of the big list of naughty strings, the short ones; none where it does not exist. */
export function naughtyStrings(): readonly string[] {
  const path = join(FOLDER, 'blns/blns.json');
  if (!existsSync(path)) return [];
  const strings = JSON.parse(readFileSync(path, 'utf8')) as readonly string[];
  return strings.filter((text) => text.length > 0 && text.length <= 40);
}
