/** Parameters that a redirect may carry only once (RFC 6749 section 3.1, RFC 9207). */
const ONCE = ['state', 'code', 'error', 'iss'] as const;

/**
 * Returns what is wrong with the parameters of a redirect, as a sentence; null if they end the login with this `state`.
 * Does not check the origin of the parameters: the manager verifies the issuer, the code and all other values.
 */
export function faultOfRedirect(parameters: URLSearchParams, state: string): string | null {
  const repeated = ONCE.find((name) => parameters.getAll(name).length > 1);
  if (repeated !== undefined) return `It has the parameter ${repeated} more than once.`;
  const given = parameters.get('state');
  if (given === null || given === '') return 'It has no parameter state.';
  if (given !== state) return 'Its state belongs to another login.';
  if (!parameters.has('code') && !parameters.has('error')) return 'It has neither a code nor an error.';
  return null;
}
