import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

const FILES = /^(licen[cs]e|notice|copying)/i;

/**
 * Returns a text with the licences of all packages that these modules belong to, sorted by package name. Throws if a
 * package has no licence.
 */
export function thirdPartyLicenses(moduleIds: readonly string[]): string {
  const folders = new Set(moduleIds.filter((id) => id.includes('/node_modules/')).map((id) => packageFolder(id)));
  const blocks = [...folders].map((folder) => {
    const { name = '', version = '', license } = read(folder);
    if (license === undefined) throw new Error(`The package ${name} has no licence`);
    const texts = readdirSync(folder)
      .filter((file) => FILES.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').trim());
    const text = texts.length === 0 ? 'The package has no file with the text of its licence.' : texts.join('\n\n');
    return { key: `${name}@${version}`, text: `${name} ${version} (${license})\n\n${text}\n` };
  });
  const sorted = blocks.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ text }) => text);
  return `The files of this folder contain code of these packages.\n\n${sorted.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/**
 * Returns the folder of the package that a file belongs to. A package may contain further package.json files, which
 * have no version.
 */
function packageFolder(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, 'package.json')) || read(folder).version === undefined) folder = dirname(folder);
  return folder;
}

function read(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
