import { SwitchyardError } from '../../../shared/errors.ts';

/**
 * Whether an error says that a login is needed first, or why a login failed. Whatever its cause, such an error is
 * neither a response of the connector nor a failure of the network, so the request is never repeated because of it.
 */
export function isLoginError(error: unknown): error is SwitchyardError {
  if (!(error instanceof SwitchyardError)) return false;
  return error.code === 'CONNECTOR_LOGIN_NEEDED' || error.code.startsWith('LOGIN_');
}
