import { CALL_ERRORS } from './error-codes/calls.ts';
import { COMMAND_LINE_ERRORS } from './error-codes/command-line.ts';
import { CONNECTOR_ERRORS } from './error-codes/connectors.ts';
import { type ErrorCodeEntry, entry } from './error-codes/entry.ts';
import { FLEET_ERRORS } from './error-codes/fleet.ts';
import { GATEWAY_ERRORS } from './error-codes/gateway.ts';
import { LOGIN_ERRORS } from './error-codes/logins.ts';
import { MAP_CONTENT_ERRORS } from './error-codes/maps/map-content.ts';
import { MAP_TRANSFER_ERRORS } from './error-codes/maps/map-transfer.ts';
import { MAP_TRUST_ERRORS } from './error-codes/maps/map-trust.ts';
import { OPTION_ERRORS } from './error-codes/options.ts';
import { RECORDING_ERRORS } from './error-codes/recordings.ts';
import { REGISTRY_ERRORS } from './error-codes/registry.ts';
import { STORE_ERRORS } from './error-codes/store.ts';
import { THREAD_ERRORS } from './error-codes/threads.ts';

export type { ErrorCodeEntry } from './error-codes/entry.ts';

/** Every error code of this package. Codes are API: codes may be added, but are never renamed. */
export const ERROR_CODES = {
  ...OPTION_ERRORS,
  ...MAP_TRANSFER_ERRORS,
  ...MAP_CONTENT_ERRORS,
  ...MAP_TRUST_ERRORS,
  ...THREAD_ERRORS,
  ...STORE_ERRORS,
  ...REGISTRY_ERRORS,
  ...CONNECTOR_ERRORS,
  ...LOGIN_ERRORS,
  ...CALL_ERRORS,
  ...GATEWAY_ERRORS,
  ...FLEET_ERRORS,
  ...RECORDING_ERRORS,
  ...COMMAND_LINE_ERRORS,
  INTERNAL: entry('An unexpected error occurred in this package.', 'Report the error with its cause.'),
} as const satisfies Record<string, ErrorCodeEntry>;

/** A code of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;
