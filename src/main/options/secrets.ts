import { SwitchyardError } from '../../shared/errors.ts';
import { isHeaderValue } from '../../shared/map/service-map.ts';

/** A secret, or a function that is asked for it on main each time it is needed (for rotation). */
export type Secret = string | (() => string | Promise<string>);

/** Asks for the key that maps are signed with. An empty one would let anybody sign. */
export async function askForKey(secret: Secret): Promise<string> {
  const key = await ask(secret);
  if (key === null)
    throw new SwitchyardError('SECRET_UNAVAILABLE', 'The function given for signatureKey returned nothing.');
  return key;
}

/** Asks for a secret; an empty one counts as none. A function may return anything. */
async function ask(secret: Secret | undefined): Promise<string | null> {
  const value: unknown = typeof secret === 'function' ? await secret() : secret;
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  throw new SwitchyardError(
    'SECRET_UNAVAILABLE',
    `A function given for a key returned a ${typeof value}, not a string.`,
  );
}

/** Asks for a key that is sent in a header. One that cannot be is refused here: the network's own error would quote it. */
export async function askForHeader(secret: Secret | undefined): Promise<string | null> {
  const key = await ask(secret);
  if (key === null || isHeaderValue(key)) return key;
  throw new SwitchyardError(
    'SECRET_UNAVAILABLE',
    'A key holds a character that no HTTP header may, such as a line break.',
  );
}
