/** Parameters of a redirect that may stand there once (RFC 6749 section 3.1, RFC 9207). */
const ONCE = ['state', 'code', 'error', 'iss'] as const;

/**
 * What is wrong with the parameters of a redirect, as a sentence for people; null if they end the login with this
 * `state`. It does not judge who sent them: the manager checks issuer, code and the rest.
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
