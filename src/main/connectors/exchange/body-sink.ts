import { SwitchyardError } from '../../../shared/errors.ts';

/** Takes a JSON value as bytes. */
export interface ValueSink {
  write(chunk: Buffer): void;
  end(): void;
}

/** Pauses and resumes the bytes of a body. */
export interface ValueFlow {
  readonly pause: () => void;
  readonly resume: () => void;
}

/**
 * Maximum size of a response after decompression, in bytes: of the whole response, or of each event of a standing
 * stream. `perEvent` may grow up to `most` while the stream is open.
 */
export type ByteCap = number | { readonly perEvent: number; readonly most?: number };

/** Callbacks for the content of a body. */
export interface BodySink {
  /** A message. The messages of a batch (MCP 2025-03-26) are delivered one by one. */
  onValue(value: unknown): void;
  /** A server-sent event of another type than `message`. */
  onEvent(type: string, data: string): void;
  /**
   * A value is larger than {@link LARGE_BYTES}; `head` is the part received so far. If this returns a sink, the value
   * goes there as bytes. Otherwise it goes to `onValue` once it is complete.
   */
  onLargeValue(head: Buffer): ValueSink | null;
  onEventId(id: string): void;
  onRetry(retryMs: number): void;
  onEnd(text: string): void;
  onFailure(error: Error): void;
  /** Pauses the source of the bytes. If omitted, the body is never paused. */
  hold?(): void;
  /** Resumes the source of the bytes. */
  goOn?(): void;
}

/** Reads the bytes of a response as they arrive. */
export interface BodyReader {
  take(chunk: Buffer): void;
  end(): void;
  /** Stops reading and discards the rest. */
  stop(): void;
}

/** Size from which a value is large: it is offered as bytes, and scanned while it arrives. */
export const LARGE_BYTES = 64 * 1024;

/**
 * Maximum size of the response to a handshake, and of the body of a refusal that is JSON or events. A server may send
 * long `instructions`; 1 MiB is more than the context of most models.
 */
export const SMALL_ANSWER_BYTES = 1024 * 1024;

/** Returns the error for a response that exceeds the size limit. */
export function tooLarge(maxBytes: number): SwitchyardError {
  return new SwitchyardError(
    'TOOL_RESULT_TOO_LARGE',
    `The connector answered with more than ${maxBytes} bytes; the answer was cut off.`,
    { detail: { maxBytes } },
  );
}
