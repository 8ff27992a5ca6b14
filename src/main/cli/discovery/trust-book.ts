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

/** Checks the structure of the parsed trust book. */
export const checkBook = object({
  version: oneOf(1),
  /** Digest of each approved file, by its real path. */
  files: record(text()),
});

/**
 * Returns the state folder of the user. `--state-dir` does not move it: a repository could contain a state folder whose
 * book trusts a file of the repository. A relative XDG_STATE_HOME is ignored, as its specification requires.
 */
export function trustFolder(machine: Machine): string {
  const { XDG_STATE_HOME: state = '' } = machine.env;
  return join(isAbsolute(state) ? state : join(homeOf(machine), '.local', 'state'), 'mcp-switchyard');
}

/** Files that the user has approved, stored in `trusted.json` of a folder. */
export class TrustBook {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether the file at this real path was approved with this digest. */
  has(path: string, digest: string): boolean {
    return this.#read().get(path) === digest;
  }

  /**
   * Stores the digest of an approved file, and replaces an older one. Throws OPTIONS_INVALID if the book cannot be
   * written.
   */
  add(path: string, digest: string): void {
    const files = this.#read();
    // A known path is deleted, so that setting it again moves it to the end: the paths at the start are removed if
    // there are too many.
    files.delete(path);
    files.set(path, digest);
    const kept = Object.fromEntries([...files].slice(-MAX_FILES));
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const text = `${JSON.stringify({ version: 1, files: kept }, null, 2)}\n`;
    writeOutputFile(join(this.#folder, NAME), text, { mode: 0o600 });
  }

  /** Reads the book; it is empty if the file is damaged, a link, or owned or writable by another user. */
  #read(): Map<string, string> {
    let handle: number | null = null;
    try {
      // Windows does not define O_NOFOLLOW.
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
