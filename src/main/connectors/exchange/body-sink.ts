import { SwitchyardError } from '../../../shared/errors.ts';

/** Takes a JSON value as bytes. */
export interface ValueSink {
  write(chunk: Buffer): void;
  end(): void;
}

/** Holds the bytes of a body up, and lets them go on. */
export interface ValueFlow {
  readonly pause: () => void;
  readonly resume: () => void;
}

/**
 * How many bytes an answer may have, after decompression: all of it, or each event of a stream that stays open.
 * `perEvent` may grow up to `most` while the stream is open.
 */
export type ByteCap = number | { readonly perEvent: number; readonly most?: number };

/** Whom a body tells what it holds. */
export interface BodySink {
  /** A message. Those of a batch (MCP 2025-03-26) are told one by one. */
  onValue(value: unknown): void;
  /** A server-sent event of another type than `message`. */
  onEvent(type: string, data: string): void;
  /**
   * A value is larger than {@link LARGE_BYTES}; `head` is what has come of it. If this returns a sink, the value goes
   * there as bytes, else to `onValue` once it is whole.
   */
  onLargeValue(head: Buffer): ValueSink | null;
  onEventId(id: string): void;
  onRetry(retryMs: number): void;
  onEnd(text: string): void;
  onFailure(error: Error): void;
  /** Nothing more should come for now; without it nothing is ever held up. */
  hold?(): void;
  /** What was held up may go on. */
  goOn?(): void;
}

/** Takes the bytes of an answer as they come. */
export interface BodyReader {
  take(chunk: Buffer): void;
  end(): void;
  /** Nothing more is wanted of it. */
  stop(): void;
}

/** From here on a value is large: it is offered as bytes, and scanned while it arrives. */
export const LARGE_BYTES = 64 * 1024;

/**
 * Cap on the answer to a handshake, and on the body of a refusal that is JSON or events. A server may introduce itself
 * at some length (`instructions`); 1 MiB is more than the context of most models.
 */
export const SMALL_ANSWER_BYTES = 1024 * 1024;

/** What an answer beyond the cap is. */
export function tooLarge(maxBytes: number): SwitchyardError {
  return new SwitchyardError(
    'TOOL_RESULT_TOO_LARGE',
    `The connector answered with more than ${maxBytes} bytes; the answer was cut off.`,
    { detail: { maxBytes } },
  );
}
