import { SwitchyardError } from '../../../shared/errors.ts';
import { JsonScanner } from '../../../shared/json/json-scanner.ts';
import { SMALL_ANSWER_BYTES } from '../exchange/body-sink.ts';
import type { WireTrace } from './sdk-errors.ts';

const LINE_FEED = 0x0a;

/** What an answer is limited by, and who hears that it goes beyond. */
export interface BodyLimits {
  readonly method: string | undefined;
  /** Cap on the answer to a request, and on each event of a stream that stays open. */
  readonly maxBytes: number;
  readonly trace: WireTrace;
  /** Hears what is wrong with the answer to a request; null for handshakes and logins, whose answers are small. */
  readonly onFault: ((error: SwitchyardError) => void) | null;
}

/** Finds what is wrong with a body in its next piece; null as long as nothing is. */
type Check = (chunk: Uint8Array) => SwitchyardError | null;

/**
 * An answer that is cut off where it becomes too large (TOOL_RESULT_TOO_LARGE), or where its JSON nests too deep or
 * holds too much (TOOL_CALL_REJECTED): the SDK parses whatever it gets.
 */
export function limitBody(response: Response, { method, maxBytes, trace, onFault }: BodyLimits): Response {
  const type = response.headers.get('content-type') ?? '';
  const isStream = type.startsWith('text/event-stream');
  if (isStream && (method === undefined || method === 'GET')) {
    return checked(response, [bySize(maxBytes, bytesOfEvent()), byStructure(true)], (error) => {
      trace.oversized = error;
    });
  }
  let size = 0;
  const most = onFault === null ? Math.min(maxBytes, SMALL_ANSWER_BYTES) : maxBytes;
  const capped = isKnownToFit(response, most) ? [] : [bySize(most, (chunk) => (size += chunk.length))];
  return checked(response, [...capped, byStructure(isStream)], onFault ?? (() => {}));
}

function checked(response: Response, checks: readonly Check[], tell: (error: SwitchyardError) => void): Response {
  const { body } = response;
  if (body === null) return response;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (const check of checks) {
        const error = check(chunk);
        if (error === null) continue;
        tell(error);
        controller.error(error);
        return;
      }
      controller.enqueue(chunk);
    },
  });
  return new Response(body.pipeThrough(counter), response);
}

function bySize(maxBytes: number, sizeAfter: (chunk: Uint8Array) => number): Check {
  return (chunk) => {
    if (sizeAfter(chunk) <= maxBytes) return null;
    return new SwitchyardError(
      'TOOL_RESULT_TOO_LARGE',
      `The connector answered with more than ${maxBytes} bytes; the answer was cut off.`,
      { detail: { maxBytes } },
    );
  };
}

/** Scans the JSON of a body, or of each line of a stream. */
function byStructure(isStream: boolean): Check {
  let scanner = new JsonScanner();
  return (chunk) => {
    let fault = null;
    for (let from = 0; from < chunk.length && fault === null; ) {
      const end = isStream ? chunk.indexOf(LINE_FEED, from) : -1;
      fault = scanner.write(chunk.subarray(from, end < 0 ? chunk.length : end));
      if (end < 0) break;
      fault ??= scanner.end();
      scanner = new JsonScanner();
      from = end + 1;
    }
    // The last 63 bytes of a body are not looked at before the end; they cannot make much of a difference.
    return fault === null
      ? null
      : new SwitchyardError('TOOL_CALL_REJECTED', `The answer of the connector ${fault.message}; it was cut off.`);
  };
}

/** Counts the bytes since the last blank line, which ends an event. */
function bytesOfEvent(): (chunk: Uint8Array) => number {
  let size = 0;
  let tail = Buffer.alloc(0);
  return (chunk) => {
    // A blank line may lie across two chunks.
    const seen = Buffer.concat([tail, chunk]);
    const end = Math.max(seen.lastIndexOf('\n\n'), seen.lastIndexOf('\r\n\r\n'), seen.lastIndexOf('\r\r'));
    size = end < 0 ? size + chunk.length : seen.length - end;
    tail = seen.subarray(-3);
    return size;
  };
}

function isKnownToFit(response: Response, maxBytes: number): boolean {
  const length = response.headers.get('content-length');
  return length !== null && !response.headers.has('content-encoding') && Number(length) <= maxBytes;
}
