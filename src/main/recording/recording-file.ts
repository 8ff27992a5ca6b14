import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { codeOf, messageOf, SwitchyardError } from '../../shared/errors.ts';
import { FORMAT_VERSION, headerLine } from './recording-format.ts';

/**
 * Maximum number of bytes that may wait to be written. If more bytes wait, the disk is too slow and the recording
 * fails.
 */
const MAX_WAITING_BYTES = 256 * 1024 * 1024;

const LINE_FEED = 0x0a;

/** Size of the blocks in which a file is searched backwards for the end of its last complete line. */
const BLOCK_BYTES = 64 * 1024;

/** The file of a recording. */
interface Target {
  readonly path: string;
  readonly temporaryPath: string | null;
}

/**
 * Writes the lines of a recording to a file, in their order. If the process is killed, at most the last line is
 * incomplete.
 */
export class RecordingFile {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #onFailure: (failure: SwitchyardError) => void;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | null = null;
  #failure: SwitchyardError | null = null;
  #closing: Promise<void> | null = null;
  /** Temporary path of a new file that will replace an existing file; null if the file is at its final path. */
  #temporaryPath: string | null;
  #isReplacing = false;

  private constructor(target: Target, file: FileHandle, onFailure: (failure: SwitchyardError) => void) {
    this.#path = target.path;
    this.#temporaryPath = target.temporaryPath;
    this.#file = file;
    this.#onFailure = onFailure;
  }

  /**
   * Opens a file for recording, with permissions only for its owner. With `isAppending`, appends to an existing file.
   * Otherwise, a new file replaces any existing file, at the time that {@link write} describes. Rejects with
   * OPTIONS_INVALID if the file cannot be opened, and with RECORDING_INVALID if the file to append to is not a
   * recording. If writing fails later, calls `onFailure` once, with RECORDING_FAILED.
   */
  static async open(
    path: string,
    isAppending = false,
    onFailure: (failure: SwitchyardError) => void = () => {},
  ): Promise<RecordingFile> {
    try {
      const isThere = await isRegularFile(path);
      const isNew = !isAppending || !isThere;
      if (!isNew) await prepareToAppend(path);
      // An existing file may be readable by other users, or be a link to such a file, so it is replaced.
      const temporaryPath = isNew && isThere ? `${path}.${randomUUID()}.tmp` : null;
      const file = await open(temporaryPath ?? path, isNew ? 'ax' : 'a', 0o600);
      if (isNew) await file.appendFile(headerLine());
      return new RecordingFile({ path, temporaryPath }, file, onFailure);
    } catch (error) {
      if (error instanceof SwitchyardError) throw error;
      throw new SwitchyardError('OPTIONS_INVALID', `Cannot record to ${path} (${codeOf(error) ?? messageOf(error)}).`);
    }
  }

  /** Error that ended the recording; null without an error. */
  get failure(): SwitchyardError | null {
    return this.#failure;
  }

  /** Number of bytes that wait to be written. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Adds a line to the recording. The line must end with a line feed. If `isReplacing` is true, the new file then
   * replaces the existing file, unless it already has. Has no effect after a failure or after {@link close}.
   */
  write(line: string, isReplacing = true): void {
    if (this.#failure !== null || this.#closing !== null) return;
    this.#isReplacing ||= isReplacing;
    this.#waiting.push(line);
    this.#waitingBytes += Buffer.byteLength(line);
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#fail('the disk is too slow');
    else this.#writing ??= this.#writeOn();
  }

  /** Resolves once all lines that were added have been passed to the operating system. Never rejects. */
  async drained(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  /**
   * Writes the waiting lines, makes them durable and closes the file. Idempotent. Never rejects. If writing fails,
   * `failure` has the error.
   */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #writeOn(): Promise<void> {
    // Waits a moment, so that lines that are added in the same turn of the event loop are written together.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0 && this.#failure === null) {
        const bytes = Buffer.from(this.#waiting.join(''));
        this.#waiting = [];
        await this.#file.appendFile(bytes);
        this.#waitingBytes -= bytes.length;
        if (this.#temporaryPath === null || !this.#isReplacing) continue;
        await rename(this.#temporaryPath, this.#path);
        this.#temporaryPath = null;
      }
    } catch (error) {
      this.#fail(codeOf(error) ?? messageOf(error));
    } finally {
      this.#writing = null;
    }
  }

  async #end(): Promise<void> {
    await this.drained();
    try {
      await this.#file.sync();
    } catch (error) {
      this.#fail(codeOf(error) ?? messageOf(error));
    }
    await this.#file.close().catch((error: unknown) => this.#fail(codeOf(error) ?? messageOf(error)));
    // The new file has not replaced the existing file, so it is deleted. If that fails, the existing file is still
    // intact, and the random name of the new file is never used again.
    if (this.#temporaryPath !== null) await rm(this.#temporaryPath, { force: true }).catch(() => {});
  }

  #fail(why: string): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#failure !== null) return;
    this.#failure = new SwitchyardError('RECORDING_FAILED', `The recording to ${this.#path} was stopped: ${why}.`);
    this.#onFailure(this.#failure);
  }
}

/**
 * Whether a file exists at `path`. Throws OPTIONS_INVALID for a device, a pipe or a folder, because these must not be
 * deleted.
 */
async function isRegularFile(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isFile()) return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  throw new SwitchyardError('OPTIONS_INVALID', `Cannot record to ${path}: it is not a regular file.`);
}

/** Checks the header of a recording, and removes an incomplete last line. */
async function prepareToAppend(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, 0);
  if (!buffer.subarray(0, bytesRead).toString('utf8').startsWith(`{"mcpRecording":${FORMAT_VERSION},`)) {
    throw new SwitchyardError('RECORDING_INVALID', `${path} is not a recording that this version can append to.`);
  }
  const { size } = await file.stat();
  await file.chmod(0o600);
  await file.truncate(await endOfLines(file, size));
}

/** Returns the length of the file up to and including its last line feed. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; end -= BLOCK_BYTES) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
    if (at !== -1) return start + at + 1;
  }
  return 0;
}
