import { SwitchyardError } from '../../../shared/errors.ts';

/** Receives a JSON value as bytes, piece by piece. */
export interface ValueSink {
  write(chunk: Buffer): void;
  end(): void;
}

/** Pauses and resumes the body that bytes come from. */
export interface ValueFlow {
  readonly pause: () => void;
  readonly resume: () => void;
}

/**
 * Maximum size after decompression, in bytes. A number limits the whole response. An object limits each event of a
 * standing stream; `perEvent` may grow up to `most` while the stream is open.
 */
export type ByteCap = number | { readonly perEvent: number; readonly most?: number };

/** Callbacks for the content of a body. */
export interface BodySink {
  /** Called with each message. The messages of a batch (MCP 2025-03-26) are delivered one by one. */
  onValue(value: unknown): void;
  /** Called with each server-sent event whose type is not `message`. */
  onEvent(type: string, data: string): void;
  /**
   * Called when a value exceeds {@link LARGE_BYTES}; `head` is the part received so far. If this returns a sink, the
   * sink gets the value as bytes. Otherwise `onValue` gets the value once it is complete.
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

/** Size in bytes above which a value is large. A large value is offered as bytes, and scanned while it arrives. */
export const LARGE_BYTES = 64 * 1024;

/**
 * Maximum size in bytes of the response to a handshake, and of a refusal's body that is JSON or events. A server may
 * send long `instructions`, but more than 1 MiB would not fit into the context of most models.
 */
export const SMALL_ANSWER_BYTES = 1024 * 1024;

/** Returns the error for a response that exceeds the size limit. */
export function tooLarge(maxBytes: number): SwitchyardError {
  return new SwitchyardError(
    'TOOL_RESULT_TOO_LARGE',
    `The response of the connector was larger than ${maxBytes} bytes, so it was discarded.`,
    { detail: { maxBytes } },
  );
}
