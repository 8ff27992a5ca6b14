import { mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { codeOf, messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { ConfigDocument } from '../../local-config/document/config-document.ts';
import { memberOf, plainValue } from '../../local-config/document/config-node.ts';
import { decodeText } from '../../local-config/document/decode-text.ts';
import type { Export } from '../../registry/transfer/export-servers.ts';
import { mergeIntoFile, type ServersToMerge } from '../../registry/transfer/merge-into-file.ts';
import { writeOutputFile } from './write-output-file.ts';

/** Length of a UTF-8 byte order mark, in bytes. The mark is removed from the text. */
const BYTE_ORDER_MARK = 3;

interface MergeOptions {
  /** Mode of a new file. The mode of an existing file does not change. */
  readonly mode: number;
  /** Whether to replace a server that has the same name but other settings. */
  readonly mayReplace: boolean;
}

/**
 * Adds servers to the configuration file of a client. Creates the file and its folder if they do not exist. Does not
 * change comments and other settings in the file, and writes to the target of a symbolic link. Returns whether the file
 * was created or changed. Throws OPTIONS_INVALID if the file cannot be read or written, is not UTF-8, or has a server
 * with the same name and other settings. Throws CONFIG_INVALID if the file does not have the format of its client.
 */
export function mergeOutputFile(
  path: string,
  { text, toMerge }: Export,
  { mode, mayReplace }: MergeOptions,
): 'created' | 'changed' | 'none' {
  if (toMerge === null)
    throw new SwitchyardError(
      'OPTIONS_INVALID',
      'Servers can be added only to the file of a client, and not to a file of the format `servers`',
    );
  const before = textOf(path);
  if (before === null) {
    createFolderOf(path);
    writeOutputFile(path, text, { mode, mayReplace: false });
    return 'created';
  }
  const added = missingFrom(before, path, toMerge, mayReplace);
  if (added === null) return 'none';
  const target = realpathSync(path);
  writeOutputFile(target, mergeIntoFile(before, path, added), { mode: statSync(target).mode & 0o777 });
  return 'changed';
}

/** Creates the folder of a new file, such as `.cursor`, which may not exist in a new project. */
function createFolderOf(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw new SwitchyardError('OPTIONS_INVALID', `Cannot create the folder of ${path} (${codeOf(error) ?? 'unknown'})`);
  }
}

/** Reads a text file. Returns null if the file does not exist. For an empty JSON file, returns an empty JSON object. */
function textOf(path: string): string | null {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return null;
    throw new SwitchyardError('OPTIONS_INVALID', `Cannot read ${path} (${code ?? messageOf(error)})`);
  }
  const text = decodeText(bytes).replace(/^\ufeff/, '');
  const withoutMark = Buffer.from(bytes).subarray(bytes[0] === 0xef ? BYTE_ORDER_MARK : 0);
  if (!Buffer.from(text).equals(withoutMark))
    throw new SwitchyardError(
      'OPTIONS_INVALID',
      `${path} is not UTF-8, so it cannot be changed: save it as UTF-8 first`,
    );
  if (text.trim() === '' && /\.jsonc?$/i.test(path)) return '{}\n';
  return text;
}

/**
 * Returns the servers that must be added to the file or replaced in it. Returns null if the file already has all of
 * them.
 */
function missingFrom(text: string, path: string, servers: ServersToMerge, mayReplace: boolean): ServersToMerge | null {
  const present = memberOf(new ConfigDocument(text, path).root, servers.key);
  const entries = Object.entries(servers.entries).filter(([name, entry]) => {
    const node = present === undefined ? undefined : memberOf(present, name);
    if (node === undefined) return true;
    if (isDeepStrictEqual(plainValue(node), JSON.parse(JSON.stringify(entry)))) return false;
    if (mayReplace) return true;
    const message = `${path} has another server ${JSON.stringify(name)}; give --force to replace it, or another name`;
    throw new SwitchyardError('OPTIONS_INVALID', message);
  });
  return entries.length === 0 ? null : { key: servers.key, entries: Object.fromEntries(entries) };
}
