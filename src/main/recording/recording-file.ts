import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { codeOf, messageOf, SwitchyardError } from '../../shared/errors.ts';
import { FORMAT_VERSION, headerLine } from './recording-format.ts';

/** What may wait to be written. A disk that is slower for so long cannot record. */
const MAX_WAITING_BYTES = 256 * 1024 * 1024;

const LINE_FEED = 0x0a;

/** How much is read at a time to find the end of the last whole line. */
const BLOCK_BYTES = 64 * 1024;

/** Writes the lines of a recording. They are whole lines in their order, whenever the process ends. */
export class RecordingFile {
  readonly #file: FileHandle;
  readonly #path: string;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | null = null;
  #failure: SwitchyardError | null = null;
  #closing: Promise<void> | null = null;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Creates a recording that only its user can read, in place of a file of that name, or adds to one. Rejects with
   * OPTIONS_INVALID where that cannot be, RECORDING_INVALID where the file to add to is no recording.
   */
  static async open(path: string, isAppending = false): Promise<RecordingFile> {
    try {
      const isNew = !isAppending || !(await exists(path));
      // A file that is there may be readable by others, or be a link to one.
      if (isNew) await rm(path, { force: true });
      else await prepareToAppend(path);
      const recording = new RecordingFile(path, await open(path, isNew ? 'ax' : 'a', 0o600));
      if (isNew) recording.write(headerLine());
      return recording;
    } catch (error) {
      if (error instanceof SwitchyardError) throw error;
      throw new SwitchyardError('OPTIONS_INVALID', `Cannot record to ${path} (${codeOf(error) ?? messageOf(error)})`);
    }
  }

  /** What keeps it from writing; null while all is well. */
  get failure(): SwitchyardError | null {
    return this.#failure;
  }

  /** Bytes that wait to be written. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Adds a line, which ends with its line feed. After a failure, and once it is closed, nothing is added. */
  write(line: string): void {
    if (this.#failure !== null || this.#closing !== null) return;
    this.#waiting.push(line);
    this.#waitingBytes += Buffer.byteLength(line);
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#fail('the disk is too slow');
    else this.#writing ??= this.#writeOn();
  }

  /** Resolves once all lines so far are handed to the system. Never rejects. */
  async drained(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  /** Writes what waits, makes it durable and closes the file. Idempotent; never rejects: `failure` tells. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #writeOn(): Promise<void> {
    // Lines of one turn of the event loop are written together.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0 && this.#failure === null) {
        const bytes = Buffer.from(this.#waiting.join(''));
        this.#waiting = [];
        await this.#file.appendFile(bytes);
        this.#waitingBytes -= bytes.length;
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
  }

  #fail(why: string): void {
    this.#failure ??= new SwitchyardError('RECORDING_FAILED', `Nothing more is recorded to ${this.#path}: ${why}.`);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Checks the header, and cuts off a line that was torn. */
async function prepareToAppend(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, 0);
  if (!buffer.subarray(0, bytesRead).toString('utf8').startsWith(`{"mcpRecording":${FORMAT_VERSION},`)) {
    throw new SwitchyardError('RECORDING_INVALID', `${path} is no recording that can be added to.`);
  }
  const { size } = await file.stat();
  await file.chmod(0o600);
  await file.truncate(await endOfLines(file, size));
}

/** The length up to the last line feed. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; end -= BLOCK_BYTES) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
    if (at !== -1) return start + at + 1;
  }
  return 0;
}
