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

/** Length of the UTF-8 byte order mark, which is dropped. */
const BYTE_ORDER_MARK = 3;

interface MergeOptions {
  /** The mode of a file that is created. An existing one keeps its own. */
  readonly mode: number;
  /** Whether a different server of the same name may be replaced. */
  readonly mayReplace: boolean;
}

/**
 * Adds servers to a client's file, creates the file and its folder if they are missing, and returns what it did.
 * Comments and everything else in the file stay, and a symbolic link stays a link. Throws OPTIONS_INVALID if the file
 * cannot be read or written, is not UTF-8, or has a different server of the same name; CONFIG_INVALID if the file does
 * not have the format of its client.
 */
export function mergeOutputFile(
  path: string,
  { text, toMerge }: Export,
  { mode, mayReplace }: MergeOptions,
): 'created' | 'changed' | 'none' {
  if (toMerge === null) throw new SwitchyardError('OPTIONS_INVALID', 'Servers can be added only to files of clients');
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

/** Clients keep their files in folders such as `.cursor`, which a new project does not have. */
function createFolderOf(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw new SwitchyardError('OPTIONS_INVALID', `Cannot create the folder of ${path} (${codeOf(error) ?? 'unknown'})`);
  }
}

/** Reads the text of a file; null if it does not exist. An empty file is an empty document. */
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
    throw new SwitchyardError('OPTIONS_INVALID', `${path} is not UTF-8, so it can only be read; save it as UTF-8`);
  if (text.trim() === '' && /\.jsonc?$/i.test(path)) return '{}\n';
  return text;
}

/** Returns the servers that the file lacks or has in another form; null if it has them all. */
function missingFrom(text: string, path: string, servers: ServersToMerge, mayReplace: boolean): ServersToMerge | null {
  const present = memberOf(new ConfigDocument(text, path).root, servers.key);
  const entries = Object.entries(servers.entries).filter(([name, entry]) => {
    const node = present === undefined ? undefined : memberOf(present, name);
    if (node === undefined) return true;
    if (isDeepStrictEqual(plainValue(node), JSON.parse(JSON.stringify(entry)))) return false;
    if (mayReplace) return true;
    const message = `${path} has another server ${JSON.stringify(name)}; give --force to replace it, or --name`;
    throw new SwitchyardError('OPTIONS_INVALID', message);
  });
  return entries.length === 0 ? null : { key: servers.key, entries: Object.fromEntries(entries) };
}
