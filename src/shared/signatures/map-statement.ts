import { epochMsOf } from '../clock.ts';
import { ConnectorManifestError } from '../errors.ts';
import type { Jws } from './jws.ts';

/** What a signature of a service map says: this map, generated then, with this content, until then. */
export interface MapStatement {
  /** The `id` of the map. */
  readonly map: string;
  /** The map's `generatedAt`, letter by letter. */
  readonly generatedAt: string;
  /** `sha-256:` and the base64url of the digest of the map. */
  readonly digest: string;
  /** Epoch ms. */
  readonly expiresAtMs: number;
}

/** Reads the payload of a signature of a map; further members are ignored. Throws MAP_SIGNATURE_MALFORMED. */
export function readStatement({ payload }: Jws): MapStatement {
  const { map, generatedAt, digest, exp } = payload;
  if (typeof map !== 'string') throw malformed('map');
  if (typeof generatedAt !== 'string') throw malformed('generatedAt');
  if (typeof digest !== 'string' || !/^sha-256:[A-Za-z0-9_-]{43}$/.test(digest)) throw malformed('digest');
  if (typeof exp !== 'number') throw malformed('exp');
  return { map, generatedAt, digest, expiresAtMs: epochMsOf(exp) };
}

/** The payload of a signature of a map. `exp` has fractions of a second where the map expires within one. */
export function statementPayload({ map, generatedAt, digest, expiresAtMs }: MapStatement): object {
  return { map, generatedAt, exp: expiresAtMs / 1000, digest };
}

function malformed(member: string): ConnectorManifestError {
  return new ConnectorManifestError(
    'MAP_SIGNATURE_MALFORMED',
    `A signature of the service map is malformed: its payload has no valid \`${member}\`.`,
  );
}
