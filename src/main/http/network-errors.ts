import { hasCodeAmongCauses } from '../../shared/errors.ts';

/** Error codes of requests that the address guard refused (`address-guard.ts`). */
const REFUSED: ReadonlySet<string> = new Set(['CONNECTOR_ADDRESS_REFUSED']);

/** Error codes of requests for which no connection could be established. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  ...REFUSED,
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether a request was not sent because no connection could be established. */
export function neverConnected(error: unknown): boolean {
  return hasCodeAmongCauses(error, NEVER_CONNECTED);
}

/** Whether a request was not sent because the address of its host is not allowed. */
export function isRefusedAddress(error: unknown): boolean {
  return hasCodeAmongCauses(error, REFUSED);
}
