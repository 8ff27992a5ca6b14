import { SwitchyardError } from '../../../shared/errors.ts';

/**
 * Whether an error says that a login is needed first, or why a login failed. Such an error is neither a response of the
 * connector nor a failure of the network, whatever its cause, so it never causes the request to be repeated.
 */
export function isLoginError(error: unknown): error is SwitchyardError {
  if (!(error instanceof SwitchyardError)) return false;
  return error.code === 'CONNECTOR_LOGIN_NEEDED' || error.code.startsWith('LOGIN_');
}
