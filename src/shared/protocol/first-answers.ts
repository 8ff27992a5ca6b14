/**
 * The first answers: responses that `serve --stdio` sends before the rest of the package is loaded, in one file next to
 * the start image. A running gateway writes it after each start image. The file holds the responses as bytes, and names
 * everything that they depend on. If anything differs, the whole file is ignored.
 *
 *     file = SHA-256 of the rest (64 hex digits, a line feed) header (one line of JSON) texts
 *
 * This module is loaded first, so it imports nothing.
 */
export interface FirstAnswersHeader {
  /** Raised with every change of the file format; files of another format are skipped. */
  readonly format: number;
  /** Version of the package that wrote the file. */
  readonly version: string;
  /** The start image that the responses are based on: its name in the same folder, and the SHA-256 of its bytes. */
  readonly image: { readonly name: string; readonly sha256: string };
  /** Content of {@link EPOCH_FILE} before the image was written; null if the file was missing. */
  readonly epoch: string | null;
  /** Epoch ms. A clock that shows an earlier instant was set back. */
  readonly writtenAtMs: number;
  /** Epoch ms after which a map or a key document is no longer accepted; null without either. */
  readonly validUntilMs: number | null;
  /** The files that the responses depend on, as absolute paths. */
  readonly paths: readonly string[];
  /** Digest of the contents of these files and of everything else that the responses depend on. */
  readonly binding: string;
  /** Placeholder for the id of the gateway in the texts. */
  readonly instanceMark: string;
  /** Results of `initialize` for each legacy revision, with the result for any other revision first. */
  readonly initialize: readonly { readonly revision: string; readonly wire: string; readonly text: number }[];
  /** Result of `server/discover`. */
  readonly discover: number;
  /** Results of `tools/list` for each wire form of the definitions. */
  readonly lists: readonly FirstList[];
  /** The wire form for a client without a session. */
  readonly sessionlessWire: string;
  /** Length in bytes of each of the texts that follow. */
  readonly lengths: readonly number[];
}

/** The pages of one list. */
export interface FirstList {
  readonly wire: string;
  /** `cursor` is null for the first page. */
  readonly pages: readonly { readonly cursor: string | null; readonly text: number }[];
}

/** A file of first answers that was read. */
export interface FirstAnswers {
  readonly header: FirstAnswersHeader;
  /** Returns a text of the file by its number. */
  readonly text: (index: number) => string;
}

/** A message that was handled before the gateway was ready. */
export interface EarlyMessage {
  /** As the client sent it. */
  readonly message: Readonly<Record<string, unknown>>;
  /** Time that the response took, in milliseconds; null for a notification. */
  readonly tookMs: number | null;
}

/** A page of tools that was sent to the client. */
export interface ToldPage {
  readonly wire: string;
  readonly cursor: string | null;
  /** The result as it was sent. */
  readonly json: string;
}

/** State that a gateway takes over from the first answers. */
export interface FirstSession {
  /** The gateway id that the client received. */
  readonly instanceId: string;
  /** The client's messages about its capabilities, if it has sent them. */
  readonly messages: readonly EarlyMessage[];
  readonly told: readonly ToldPage[];
  /** All other input of the client, including future input. */
  readonly input: AsyncIterable<Buffer>;
}

export const FIRST_ANSWERS_FORMAT = 1;

/** Maximum file size. Larger files are neither written nor read. */
export const MAX_FIRST_ANSWERS_BYTES = 4 * 1024 * 1024;

/** Maximum size of a start image to bind to. Hashing a larger one would take longer than it saves. */
export const MAX_BOUND_IMAGE_BYTES = 4 * 1024 * 1024;

/** This file changes with each approval of a tool, whichever process made it. */
export const EPOCH_FILE = 'first-answers.epoch';

const PREFIX = 'first-';
const SUFFIX = '.ans';

/** Maximum number of files in a folder, one for each command line and working folder. The oldest is removed first. */
export const MAX_FIRST_ANSWERS_FILES = 32;

const DIGEST_LENGTH = 64;

/** Returns the name of the file for a command line and working folder. */
export function firstAnswersName(argv: readonly string[], cwd: string): string {
  return `${PREFIX}${sha256(JSON.stringify([argv, cwd])).slice(0, 16)}${SUFFIX}`;
}

export function isFirstAnswersName(name: string): boolean {
  return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
}

/** Encodes a file with these texts. */
export function encodeFirstAnswers(header: Omit<FirstAnswersHeader, 'lengths'>, texts: readonly string[]): Buffer {
  const bodies = texts.map((text) => Buffer.from(text));
  const lengths = bodies.map(({ length }) => length);
  const rest = Buffer.concat([Buffer.from(`${JSON.stringify({ ...header, lengths })}\n`), ...bodies]);
  return Buffer.concat([Buffer.from(`${sha256(rest)}\n`), rest]);
}

/** Decodes a file; null if it is damaged or has another format. */
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

/** Computes the SHA-256 of a text or of bytes, as hex. */
export function sha256(data: string | Uint8Array): string {
  return process.getBuiltinModule('node:crypto').hash('sha256', data);
}
