import { SwitchyardError } from '../../shared/errors.ts';
import { isHeaderValue } from '../../shared/map/service-map.ts';

/** A secret, or a function that returns it. The function is called on the main thread at each use (for rotation). */
export type Secret = string | (() => string | Promise<string>);

/** Reads the key that maps are signed with. Rejects an empty key, with which anybody could sign. */
export async function askForKey(secret: Secret): Promise<string> {
  const key = await ask(secret);
  if (key === null)
    throw new SwitchyardError('SECRET_UNAVAILABLE', 'The function given for signatureKey returned nothing.');
  return key;
}

/** Reads a secret; an empty secret counts as missing. A function may return any type. */
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
 * Reads a key that is sent in a header. Refuses a key that no header can carry: the network's own error would quote it.
 */
export async function askForHeader(secret: Secret | undefined): Promise<string | null> {
  const key = await ask(secret);
  if (key === null || isHeaderValue(key)) return key;
  throw new SwitchyardError(
    'SECRET_UNAVAILABLE',
    'A key contains a character that is not allowed in HTTP headers, such as a line break.',
  );
}
