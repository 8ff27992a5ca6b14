/** Parameters that must not occur more than once in a redirect (RFC 6749 section 3.1, RFC 9207). */
const ONCE = ['state', 'code', 'error', 'iss'] as const;

/**
 * Returns a sentence about the problem with the parameters of a redirect; null if they are the outcome of the login
 * with this `state`. Checks only their form: the manager verifies the issuer, the code and all other values.
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
