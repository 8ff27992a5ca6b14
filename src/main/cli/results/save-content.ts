import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../../shared/errors.ts';
import { misuse } from '../flags/option-values.ts';
import { type Part, partOf } from './content-parts.ts';
import { extensionOf } from './media-type.ts';

/** A part of a result that was saved to a file. */
export interface SavedPart {
  /** Index of the part in the result, starting at 0. */
  readonly index: number;
  readonly path: string;
  readonly type: string;
  readonly bytes: number;
}

/** Maximum number of files with the same base name, such as `chart.png` and `chart-2.png`. */
const MAX_TRIES = 10_000;

const MAX_NAME_LENGTH = 80;

/** File names that Windows treats as devices, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * Saves the images, audio and files of a result in a folder, which is created if necessary. Never replaces a file.
 * Changes names that would be unsafe as file names. Rejects with OPTIONS_INVALID if the folder cannot be written.
 */
export function saveContent(content: readonly unknown[], folder: string, name: string): Promise<readonly SavedPart[]> {
  return saveParts(content.map(partOf), folder, name);
}

/** Saves parts that the caller has already converted from a result. Otherwise works like {@link saveContent}. */
export async function saveParts(parts: readonly Part[], folder: string, name: string): Promise<readonly SavedPart[]> {
  const saved: SavedPart[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.kind !== 'bytes') continue;
    const path = await saveNew(folder, fileName(part.name ?? name, part.type), part.bytes);
    saved.push({ index, path, type: part.type, bytes: part.bytes.length });
  }
  return saved;
}

/**
 * Returns a file name that is safe in any folder. The name has no path, is not hidden and is not a device. Its
 * extension fits the media type, if that type is known.
 */
export function fileName(name: string, type: string): { readonly base: string; readonly extension: string } {
  const known = /^(.+)\.([A-Za-z0-9]{1,8})$/.exec(name);
  const extension = extensionOf(type);
  // A server could give a name with the extension of an executable. Therefore the extension of the name is used only if
  // the media type is unknown.
  const isSame = known?.[2]?.toLowerCase() === extension || (extension === 'bin' && known !== null);
  const base = (isSame ? (known?.[1] ?? name) : name)
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/^[._-]+|[._-]+$/g, '');
  const safe = base === '' || DEVICE.test(base) ? `file-${base}`.replace(/-$/, '') : base;
  return { base: safe, extension: isSame ? (known?.[2]?.toLowerCase() ?? extension) : extension };
}

async function saveNew(
  folder: string,
  { base, extension }: ReturnType<typeof fileName>,
  bytes: Buffer,
): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    for (let count = 1; count <= MAX_TRIES; count += 1) {
      const path = join(folder, `${base}${count === 1 ? '' : `-${count}`}.${extension}`);
      // The flag `wx` fails if the path exists, even as a symbolic link.
      const isNew = await writeFile(path, bytes, { flag: 'wx' }).then(
        () => true,
        (error: unknown) => {
          if (codeOf(error) === 'EEXIST') return false;
          throw error;
        },
      );
      if (isNew) return path;
    }
  } catch (error) {
    throw misuse(`Cannot write into ${folder}, which --save names (${codeOf(error) ?? 'unknown'})`);
  }
  throw misuse(`${folder} has too many files called ${base}.${extension}`);
}
