import { SwitchyardError } from '../../../../shared/errors.ts';
import { isMetadataUrl } from '../../../options/option-checks.ts';
import { isLoopbackHost } from './who-may-log-in.ts';

/**
 * Reads the address under which browsers reach the gateway. Throws OPTIONS_INVALID for an address that is neither https
 * nor http on loopback, or has credentials, a query or a fragment. `name` is the option's name in the error.
 */
export function readPublicUrl(text: string, name: string): URL {
  const fault = faultOf(text);
  if (fault !== null) throw new SwitchyardError('OPTIONS_INVALID', `${name} ${fault}`);
  return new URL(text);
}

/** Throws OPTIONS_INVALID for an address that cannot be a client's metadata document (CIMD). */
export function assertMetadataUrl(text: string, name: string): void {
  if (isMetadataUrl(text)) return;
  throw new SwitchyardError('OPTIONS_INVALID', `${name} must be an https address with a path, such as /client.json`);
}

/** Returns the address without a trailing slash, to append paths to it. */
export function baseOf({ origin, pathname }: URL): string {
  return origin + pathname.replace(/\/+$/, '');
}

function faultOf(text: string): string | null {
  const url = URL.parse(text);
  if (url === null) return 'must be an address such as https://gateway.example.com';
  if (url.username + url.password !== '') return 'must not contain credentials';
  if (url.search + url.hash !== '' || /[?#]/.test(text)) return 'must have neither a query nor a fragment';
  if (url.protocol === 'https:') return null;
  const isLocal = url.protocol === 'http:' && isLoopbackHost(url.hostname);
  return isLocal ? null : 'must be https, or http on loopback';
}
