import { readFileSync } from 'node:fs';
import { codeOf } from '../../shared/errors.ts';

/** Sizes of the parts of a log (https://sqlite.org/fileformat2.html#walformat). */
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** Magic number of a log. Its last bit is the byte order for the checksums. */
const MAGIC = 0x377f0682;

/** The pages of a store's log that follow its intact part. */
export interface LogTail {
  readonly pages: number;
  /** Whether the pages contain a commit. Without a commit, they belong to a transaction that was never completed. */
  readonly hasCommit: boolean;
}

const NOTHING: LogTail = { pages: 0, hasCommit: false };

/**
 * Returns the pages of the log at `logPath` that follow its intact part. Returns no pages if the log is missing. Must
 * be called under the write lock of the store. Closing the log drops this process's locks on it, but SQLite has no
 * locks on the log. Throws the error of the file system.
 */
export function readBrokenTail(logPath: string): LogTail {
  try {
    return brokenTail(readFileSync(logPath));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return NOTHING;
    throw error;
  }
}

/**
 * Returns the pages of a write-ahead log from the first page that fails its checksum. SQLite silently skips such pages,
 * because an interrupted write leaves them. If no write was interrupted, the disk damaged the pages, and their content
 * is lost.
 */
export function brokenTail(log: Uint8Array): LogTail {
  if (log.length <= LOG_HEADER_BYTES + FRAME_HEADER_BYTES) return NOTHING;
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const magic = view.getUint32(0);
  const sum = new LogSum(view, (magic & 1) === 0);
  sum.add(0, 24);
  // Without a valid header, no page of the log can be used, and its content is unknown.
  if (magic >>> 1 !== MAGIC >>> 1 || !sum.is(24)) return { pages: Math.ceil(log.length / 4_096), hasCommit: true };
  const frameBytes = FRAME_HEADER_BYTES + view.getUint32(8);
  const frames = Math.floor((log.length - LOG_HEADER_BYTES) / frameBytes);
  let isWhole = true;
  let tail = NOTHING;
  for (let index = 0; index < frames; index += 1) {
    const at = LOG_HEADER_BYTES + index * frameBytes;
    // In a page from an earlier log, both salts differ from this log's salts. A damaged page of this log may still have
    // one correct salt.
    const salts = [8, 12].filter((offset) => view.getUint32(at + offset) === view.getUint32(8 + offset)).length;
    if (isWhole) {
      sum.add(at, 8);
      sum.add(at + FRAME_HEADER_BYTES, frameBytes - FRAME_HEADER_BYTES);
      isWhole = salts === 2 && sum.is(at + 16);
    }
    if (isWhole || salts === 0) continue;
    tail = { pages: tail.pages + 1, hasCommit: tail.hasCommit || view.getUint32(at + 4) !== 0 };
  }
  return tail;
}

/** The running checksum over a log's header and pages. */
class LogSum {
  readonly #view: DataView;
  readonly #isLittleEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(view: DataView, isLittleEndian: boolean) {
    this.#view = view;
    this.#isLittleEndian = isLittleEndian;
  }

  add(from: number, bytes: number): void {
    let first = this.#first;
    let second = this.#second;
    for (let at = from; at < from + bytes; at += 8) {
      first = (first + this.#view.getUint32(at, this.#isLittleEndian) + second) >>> 0;
      second = (second + this.#view.getUint32(at + 4, this.#isLittleEndian) + first) >>> 0;
    }
    this.#first = first;
    this.#second = second;
  }

  /** Whether the checksum so far equals the checksum stored at `at`. */
  is(at: number): boolean {
    return this.#view.getUint32(at) === this.#first && this.#view.getUint32(at + 4) === this.#second;
  }
}
