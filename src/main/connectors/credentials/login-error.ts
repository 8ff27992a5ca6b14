import { SwitchyardError } from '../../../shared/errors.ts';

/**
 * Whether an error says that a login has to come first, or why there is none. It is neither an answer of the connector
 * nor a failure of the network, whatever caused it: nothing is sent again because of it.
 */
export function isLoginError(error: unknown): error is SwitchyardError {
  if (!(error instanceof SwitchyardError)) return false;
  return error.code === 'CONNECTOR_LOGIN_NEEDED' || error.code.startsWith('LOGIN_');
}
