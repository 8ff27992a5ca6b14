/**
 * The first answers: what `serve --stdio` tells its client before the rest of the program is loaded, in one file beside
 * the start image. A running gateway writes it after each start image. The file holds the answers as bytes, and names
 * everything that they depend on; where anything is different, nothing of it is used.
 *
 *     file = SHA-256 of the rest (64 hex digits, a line feed) header (one line of JSON) texts
 *
 * This module is loaded before anything else, so it imports nothing.
 */
export interface FirstAnswersHeader {
  /** Raised with every change of the form; a file of another one is passed over. */
  readonly format: number;
  /** Of the package that wrote it. */
  readonly version: string;
  /** The start image that the answers are made from: its name in the same folder, and the SHA-256 of its bytes. */
  readonly image: { readonly name: string; readonly sha256: string };
  /** What {@link EPOCH_FILE} held before the image was written; null where there was none. */
  readonly epoch: string | null;
  /** Epoch ms. A clock that shows an earlier instant was set back. */
  readonly writtenAtMs: number;
  /** Epoch ms after which a map or a key document is no longer believed; null without one. */
  readonly validUntilMs: number | null;
  /** The files that the answers depend on, absolute. */
  readonly paths: readonly string[];
  /** Digest of the contents of these files and of everything else that the answers depend on. */
  readonly binding: string;
  /** Stands for the id of the gateway in the texts. */
  readonly instanceMark: string;
  /** The result of `initialize` for each legacy revision, the one of any other revision first. */
  readonly initialize: readonly { readonly revision: string; readonly wire: string; readonly text: number }[];
  /** The result of `server/discover`. */
  readonly discover: number;
  /** The results of `tools/list` for each form that definitions have on the wire. */
  readonly lists: readonly FirstList[];
  /** The form for a client without a session. */
  readonly sessionlessWire: string;
  /** How many bytes each of the texts has that follow. */
  readonly lengths: readonly number[];
}

/** The pages of one list. */
export interface FirstList {
  readonly wire: string;
  /** `cursor` is null for the first page. */
  readonly pages: readonly { readonly cursor: string | null; readonly text: number }[];
}

/** A file of first answers, read. */
export interface FirstAnswers {
  readonly header: FirstAnswersHeader;
  /** A text of the file by its number. */
  readonly text: (index: number) => string;
}

/** A message that was dealt with before the gateway was there. */
export interface EarlyMessage {
  /** As the client sent it. */
  readonly message: Readonly<Record<string, unknown>>;
  /** How long the answer took, in milliseconds; null for a notification. */
  readonly tookMs: number | null;
}

/** A page of tools that the client was told. */
export interface ToldPage {
  readonly wire: string;
  readonly cursor: string | null;
  /** The result, as it was sent. */
  readonly json: string;
}

/** What a gateway takes over from the first answers. */
export interface FirstSession {
  /** The id that the client was told. */
  readonly instanceId: string;
  /** What the client says that it can do, if it has said so by now. */
  readonly messages: readonly EarlyMessage[];
  readonly told: readonly ToldPage[];
  /** Everything else that the client sent, and sends from now on. */
  readonly input: AsyncIterable<Buffer>;
}

export const FIRST_ANSWERS_FORMAT = 1;

/** Larger files are neither written nor read. */
export const MAX_FIRST_ANSWERS_BYTES = 4 * 1024 * 1024;

/** The larger start images are not looked at: to hash them would take longer than it saves. */
export const MAX_BOUND_IMAGE_BYTES = 4 * 1024 * 1024;

/** Changes with each approval of a tool, whichever process made it. */
export const EPOCH_FILE = 'first-answers.epoch';

const PREFIX = 'first-';
const SUFFIX = '.ans';

/** How many files a folder keeps: one for each command line and working folder. The oldest goes first. */
export const MAX_FIRST_ANSWERS_FILES = 32;

const DIGEST_LENGTH = 64;

/** The name of the file for a command line that starts in a folder. */
export function firstAnswersName(argv: readonly string[], cwd: string): string {
  return `${PREFIX}${sha256(JSON.stringify([argv, cwd])).slice(0, 16)}${SUFFIX}`;
}

export function isFirstAnswersName(name: string): boolean {
  return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
}

/** The bytes of a file with these texts. */
export function encodeFirstAnswers(header: Omit<FirstAnswersHeader, 'lengths'>, texts: readonly string[]): Buffer {
  const bodies = texts.map((text) => Buffer.from(text));
  const lengths = bodies.map(({ length }) => length);
  const rest = Buffer.concat([Buffer.from(`${JSON.stringify({ ...header, lengths })}\n`), ...bodies]);
  return Buffer.concat([Buffer.from(`${sha256(rest)}\n`), rest]);
}

/** Reads a file; null where it is damaged or of another form. */
export function decodeFirstAnswers(bytes: Buffer): FirstAnswers | null {
  const rest = bytes.subarray(DIGEST_LENGTH + 1);
  if (bytes.toString('latin1', 0, DIGEST_LENGTH) !== sha256(rest)) return null;
  const end = rest.indexOf(0x0a);
  // The checksum vouches for what this program wrote.
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

/** The SHA-256 of a text or of bytes, as hex. */
export function sha256(data: string | Uint8Array): string {
  return process.getBuiltinModule('node:crypto').hash('sha256', data);
}
