import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { oneOf } from '../../../shared/validation/check.ts';
import { Fault } from '../../../shared/validation/fault.ts';
import { object, record } from '../../../shared/validation/objects.ts';
import { text } from '../../../shared/validation/text.ts';
import { writeOutputFile } from '../terminal/write-output-file.ts';
import { homeOf, type Machine } from './client-files.ts';

const NAME = 'trusted.json';
const MAX_FILES = 1_000;

/** Checks the structure of the file `trusted.json`. */
export const checkBook = object({
  version: oneOf(1),
  /** Digests of the approved files, by the real path of the file. */
  files: record(text()),
});

/**
 * Returns the folder of the file with the user's approvals. This folder does not depend on `--state-dir`, because a
 * repository could contain a state folder that approves a file of the same repository. Ignores a relative
 * XDG_STATE_HOME, as its specification requires.
 */
export function trustFolder(machine: Machine): string {
  const { XDG_STATE_HOME: state = '' } = machine.env;
  return join(isAbsolute(state) ? state : join(homeOf(machine), '.local', 'state'), 'mcp-switchyard');
}

/** The configuration files that the user has approved, stored in `trusted.json`. */
export class TrustBook {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether the user has approved the file at this real path with this digest. */
  has(path: string, digest: string): boolean {
    return this.#read().get(path) === digest;
  }

  /**
   * Stores the approval of the file at this real path, with the digest that the user has approved. Replaces an earlier
   * digest of the file. Throws OPTIONS_INVALID if `trusted.json` cannot be written.
   */
  add(path: string, digest: string): void {
    const files = this.#read();
    // Deleting the path moves it to the end of the map. If there are too many files, the oldest are dropped from the
    // start.
    files.delete(path);
    files.set(path, digest);
    const kept = Object.fromEntries([...files].slice(-MAX_FILES));
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const text = `${JSON.stringify({ version: 1, files: kept }, null, 2)}\n`;
    writeOutputFile(join(this.#folder, NAME), text, { mode: 0o600 });
  }

  /**
   * Reads `trusted.json`. Returns an empty map if the file is missing, damaged or a symbolic link, or if another user
   * owns it or can write to it.
   */
  #read(): Map<string, string> {
    let handle: number | null = null;
    try {
      // Node.js does not define O_NOFOLLOW on Windows.
      handle = openSync(join(this.#folder, NAME), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
      const { uid, mode } = fstatSync(handle);
      const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
      if (!isOwn) return new Map();
      const book = checkBook(JSON.parse(readFileSync(handle, 'utf8')));
      return new Map(book instanceof Fault ? [] : Object.entries(book.files));
    } catch {
      return new Map();
    } finally {
      if (handle !== null) closeSync(handle);
    }
  }
}
