import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { ConnectorState } from './connector-state.ts';

/** The name of the error that callers see while a connector is down; callers of the replaced manager know it. */
export function unavailableErrorName(connectorId: string): string {
  return `${connectorId}ConnectorUnavailableError`;
}

/** Its message. */
export function unavailableErrorMessage(connectorName: string): string {
  return `${connectorName} connector is temporarily unavailable`;
}

/**
 * The error of calls while a connector is down, with why it is. CONNECTOR_LOGIN_NEEDED where a person has to log in
 * first: `detail` has what the connector's own error has, the issuer among it. The name is the same.
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
