import { SwitchyardError } from '../../shared/errors.ts';
import { isHeaderValue } from '../../shared/map/service-map.ts';

/**
 * A secret, or a function that returns a secret. The function is called on the main thread whenever the secret is
 * needed, so the secret can be rotated.
 */
export type Secret = string | (() => string | Promise<string>);

/**
 * Reads the key with which maps are signed. Rejects with SECRET_UNAVAILABLE if the key is empty, because anybody could
 * sign with an empty key.
 */
export async function askForKey(secret: Secret): Promise<string> {
  const key = await ask(secret);
  if (key === null)
    throw new SwitchyardError('SECRET_UNAVAILABLE', 'The function given for signatureKey returned nothing.');
  return key;
}

/**
 * Reads a secret. An empty secret is treated as missing. The type is checked, because a function may return anything.
 */
async function ask(secret: Secret | undefined): Promise<string | null> {
  const value: unknown = typeof secret === 'function' ? await secret() : secret;
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  throw new SwitchyardError(
    'SECRET_UNAVAILABLE',
    `A function given for a key returned a ${typeof value}, not a string.`,
  );
}

/**
 * Reads a key that is sent in a header. Rejects with SECRET_UNAVAILABLE if the key contains characters that are not
 * allowed in a header. The HTTP client's own error for this would contain the key.
 */
export async function askForHeader(secret: Secret | undefined): Promise<string | null> {
  const key = await ask(secret);
  if (key === null || isHeaderValue(key)) return key;
  throw new SwitchyardError(
    'SECRET_UNAVAILABLE',
    'A key contains a character that is not allowed in HTTP headers, such as a line break.',
  );
}
