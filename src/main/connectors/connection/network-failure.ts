import { codeOf, rootReason } from '../../../shared/errors.ts';
import type { Failure } from './failure.ts';

/** What the guard of addresses says (`http/address-guard.ts`). */
const REFUSED: ReadonlySet<string> = new Set(['CONNECTOR_ADDRESS_REFUSED']);

/** What the network says where no connection came about. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  ...REFUSED,
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What the network says of a connection that broke under a request, such as a kept one that the server just closed. */
const BROKEN: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

const MAX_CAUSES = 8;

/** An event stream ended before its answer, as a connection that broke. */
export class StreamEnded extends Error {
  constructor() {
    super('the event stream ended before its answer');
  }
}

/** The connection went, or was closed, under a request that had been sent. */
export class LostUnderRequest extends Error {
  constructor(cause: unknown) {
    super('The connection was lost', { cause });
  }
}

/** An error of the network as a failure. */
export function networkFailure(error: unknown): Failure {
  const isUnsent = hasNetworkCode(error, NEVER_CONNECTED);
  return { kind: 'network', isUnsent, reason: rootReason(error), isRefused: isRefusedAddress(error) };
}

/** Whether a request was not sent because its host is at an address that is not allowed. */
export function isRefusedAddress(error: unknown): boolean {
  return hasNetworkCode(error, REFUSED);
}

/** Whether a request failed with its connection. One that is safe to repeat may be sent again over another. */
export function isBrokenConnection(error: unknown): boolean {
  return hasNetworkCode(error, BROKEN);
}

function hasNetworkCode(error: unknown, codes: ReadonlySet<string>): boolean {
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    if (codes.has(codeOf(current) ?? '')) return true;
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return false;
}
