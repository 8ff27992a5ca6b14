/**
 * The first answers: a file next to the start image with the responses that `serve --stdio` sends before the rest of
 * the package is loaded. A running gateway writes this file after each start image. The file holds the responses as
 * bytes, and names everything that they depend on. If any of that has changed, the whole file is ignored.
 *
 *     file = SHA-256 of the rest (64 hex digits, a line feed) header (one line of JSON) texts
 *
 * This module is loaded first, so it imports nothing.
 */
export interface FirstAnswersHeader {
  /** Version of the file format. Files with another version are ignored. */
  readonly format: number;
  /** Version of the package that wrote the file. */
  readonly version: string;
  /** The start image that the responses are based on: its name in the same folder, and the SHA-256 of its bytes. */
  readonly image: { readonly name: string; readonly sha256: string };
  /** Content of {@link EPOCH_FILE} before the start image was written; null if that file was missing. */
  readonly epoch: string | null;
  /** When the file was written, in epoch milliseconds. If the clock shows an earlier time, it was set back. */
  readonly writtenAtMs: number;
  /**
   * Time in epoch milliseconds after which a map or key document behind the responses is no longer accepted. Null if
   * the responses depend on neither.
   */
  readonly validUntilMs: number | null;
  /** The files that the responses depend on, as absolute paths. */
  readonly paths: readonly string[];
  /** Digest over these files' contents and everything else that the responses depend on. */
  readonly binding: string;
  /** Placeholder in the texts for the gateway's id, which is different in each process. */
  readonly instanceMark: string;
  /**
   * Results of `initialize` for each legacy revision. The first result is for all other revisions. `text` is the index
   * of a text.
   */
  readonly initialize: readonly { readonly revision: string; readonly wire: string; readonly text: number }[];
  /** Index of the text with the result of `server/discover`. */
  readonly discover: number;
  /** Results of `tools/list`, for each wire form of tool definitions. */
  readonly lists: readonly FirstList[];
  /** Wire form of tool definitions for a client without a session. */
  readonly sessionlessWire: string;
  /** Length in bytes of each text. The texts follow the header in this order. */
  readonly lengths: readonly number[];
}

/** The pages of one tool list. */
export interface FirstList {
  readonly wire: string;
  /** `cursor` is null for the first page. `text` is the index of a text. */
  readonly pages: readonly { readonly cursor: string | null; readonly text: number }[];
}

/** The content of a file of first answers. */
export interface FirstAnswers {
  readonly header: FirstAnswersHeader;
  /** Returns a text of the file by its index. */
  readonly text: (index: number) => string;
}

/** A message that was handled before the gateway was ready. */
export interface EarlyMessage {
  /** The message as the client sent it. */
  readonly message: Readonly<Record<string, unknown>>;
  /** Time from the message to the response, in milliseconds; null for a notification. */
  readonly tookMs: number | null;
}

/** A page of tools that was sent to the client. */
export interface ToldPage {
  readonly wire: string;
  readonly cursor: string | null;
  /** The result of `tools/list` as it was sent. */
  readonly json: string;
}

/** What a gateway has to know about the session that began with first answers. */
export interface FirstSession {
  /** The gateway id that the client received. */
  readonly instanceId: string;
  /** The messages of the client that were handled so far, in order. */
  readonly messages: readonly EarlyMessage[];
  readonly told: readonly ToldPage[];
  /** The client's input that has not been handled yet, followed by all later input. */
  readonly input: AsyncIterable<Buffer>;
}

export const FIRST_ANSWERS_FORMAT = 1;

/** Maximum size of a file of first answers. Larger files are neither written nor read. */
export const MAX_FIRST_ANSWERS_BYTES = 4 * 1024 * 1024;

/**
 * Maximum size of a start image that first answers may be based on. Hashing a larger image would take longer than the
 * first answers save.
 */
export const MAX_BOUND_IMAGE_BYTES = 4 * 1024 * 1024;

/** Name of a file that changes with each approval of a tool by any process. It makes earlier first answers invalid. */
export const EPOCH_FILE = 'first-answers.epoch';

const PREFIX = 'first-';
const SUFFIX = '.ans';

/**
 * Maximum number of files of first answers in a folder. There is one file for each pair of command line and working
 * folder, and the oldest file is removed first.
 */
export const MAX_FIRST_ANSWERS_FILES = 32;

const DIGEST_LENGTH = 64;

/** Returns the name of the file of first answers for a command line and a working folder. */
export function firstAnswersName(argv: readonly string[], cwd: string): string {
  return `${PREFIX}${sha256(JSON.stringify([argv, cwd])).slice(0, 16)}${SUFFIX}`;
}

export function isFirstAnswersName(name: string): boolean {
  return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
}

/** Encodes a file of first answers. */
export function encodeFirstAnswers(header: Omit<FirstAnswersHeader, 'lengths'>, texts: readonly string[]): Buffer {
  const bodies = texts.map((text) => Buffer.from(text));
  const lengths = bodies.map(({ length }) => length);
  const rest = Buffer.concat([Buffer.from(`${JSON.stringify({ ...header, lengths })}\n`), ...bodies]);
  return Buffer.concat([Buffer.from(`${sha256(rest)}\n`), rest]);
}

/** Decodes a file of first answers. Returns null if the file is damaged or has another format. */
export function decodeFirstAnswers(bytes: Buffer): FirstAnswers | null {
  const rest = bytes.subarray(DIGEST_LENGTH + 1);
  if (bytes.toString('latin1', 0, DIGEST_LENGTH) !== sha256(rest)) return null;
  const end = rest.indexOf(0x0a);
  // The checksum matches, so this package wrote the header.
  const header = JSON.parse(rest.toString('utf8', 0, end)) as FirstAnswersHeader;
  if (header.format !== FIRST_ANSWERS_FORMAT) return null;
  return {
    header,
    text: (index) => {
      const start = header.lengths.slice(0, index).reduce((sum, length) => sum + length, end + 1);
      return rest.toString('utf8', start, start + (header.lengths[index] ?? 0));
    },
  };
}

/** Returns the SHA-256 of a string or of bytes, in hex. */
export function sha256(data: string | Uint8Array): string {
  return process.getBuiltinModule('node:crypto').hash('sha256', data);
}
