import { epochMsOf } from '../clock.ts';
import { ConnectorManifestError } from '../errors.ts';
import type { Jws } from './jws.ts';

/**
 * What a signature says about a service map: which map it is, when the map was generated, its content, and when the
 * signature expires.
 */
export interface MapStatement {
  /** The `id` of the map. */
  readonly map: string;
  /** The `generatedAt` of the map, in exactly the same spelling. */
  readonly generatedAt: string;
  /** The string `sha-256:`, followed by the digest of the map in base64url. */
  readonly digest: string;
  /** When the signature expires, in epoch milliseconds. */
  readonly expiresAtMs: number;
}

/**
 * Reads what the payload of a signature says about a map. Unknown members are ignored. Throws MAP_SIGNATURE_MALFORMED.
 */
export function readStatement({ payload }: Jws): MapStatement {
  const { map, generatedAt, digest, exp } = payload;
  if (typeof map !== 'string') throw malformed('map');
  if (typeof generatedAt !== 'string') throw malformed('generatedAt');
  if (typeof digest !== 'string' || !/^sha-256:[A-Za-z0-9_-]{43}$/.test(digest)) throw malformed('digest');
  if (typeof exp !== 'number') throw malformed('exp');
  return { map, generatedAt, digest, expiresAtMs: epochMsOf(exp) };
}

/**
 * Creates the payload of a map signature. `exp` is in seconds, with a fraction if the map does not expire at a whole
 * second.
 */
export function statementPayload({ map, generatedAt, digest, expiresAtMs }: MapStatement): object {
  return { map, generatedAt, exp: expiresAtMs / 1000, digest };
}

function malformed(member: string): ConnectorManifestError {
  return new ConnectorManifestError(
    'MAP_SIGNATURE_MALFORMED',
    `A signature of the service map is malformed: its payload has no valid \`${member}\`.`,
  );
}
