import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { ConnectorState } from './connector-state.ts';

/**
 * Returns the name of the error that callers get while a connector is down. The manager that this package replaces used
 * the same name.
 */
export function unavailableErrorName(connectorId: string): string {
  return `${connectorId}ConnectorUnavailableError`;
}

/** Returns the message of the error that callers get while a connector is down. */
export function unavailableErrorMessage(connectorName: string): string {
  return `${connectorName} connector is temporarily unavailable`;
}

/**
 * Returns the error that calls get while a connector is down. Its `cause` is the reason why the connector is down. If a
 * person has to log in first, the code is CONNECTOR_LOGIN_NEEDED, and `detail` includes the `detail` of the cause, such
 * as the issuer. Otherwise the code is CONNECTOR_UNAVAILABLE. The `name` of the error is the same for both codes.
 */
export function unavailableError(
  { id, name }: ConnectorEntry,
  state: ConnectorState,
  cause: SwitchyardError | null,
): SwitchyardError {
  const error =
    state === 'needs-login' && cause !== null
      ? new SwitchyardError(cause.code, cause.message, { cause, detail: { ...cause.detail, connectorId: id, state } })
      : new SwitchyardError('CONNECTOR_UNAVAILABLE', unavailableErrorMessage(name), {
          cause: cause ?? undefined,
          detail: { connectorId: id, state },
        });
  return Object.defineProperty(error, 'name', { value: unavailableErrorName(id) });
}
