import { hasCodeAmongCauses } from '../../shared/errors.ts';

/** What the guard of addresses says (`address-guard.ts`). */
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

/** Whether a request was not sent because no connection came about. */
export function neverConnected(error: unknown): boolean {
  return hasCodeAmongCauses(error, NEVER_CONNECTED);
}

/** Whether a request was not sent because its host is at an address that is not allowed. */
export function isRefusedAddress(error: unknown): boolean {
  return hasCodeAmongCauses(error, REFUSED);
}
