import { epochMsOf } from '../clock.ts';
import { ConnectorManifestError } from '../errors.ts';
import type { Jws } from './jws.ts';

/** The content of a signature of a service map: which map, generated when, with which content, valid until when. */
export interface MapStatement {
  /** The `id` of the map. */
  readonly map: string;
  /** The map's `generatedAt`, as exactly the same text. */
  readonly generatedAt: string;
  /** `sha-256:` and the base64url digest of the map. */
  readonly digest: string;
  /** Epoch ms. */
  readonly expiresAtMs: number;
}

/** Parses the payload of a signature of a map; other members are ignored. Throws MAP_SIGNATURE_MALFORMED. */
export function readStatement({ payload }: Jws): MapStatement {
  const { map, generatedAt, digest, exp } = payload;
  if (typeof map !== 'string') throw malformed('map');
  if (typeof generatedAt !== 'string') throw malformed('generatedAt');
  if (typeof digest !== 'string' || !/^sha-256:[A-Za-z0-9_-]{43}$/.test(digest)) throw malformed('digest');
  if (typeof exp !== 'number') throw malformed('exp');
  return { map, generatedAt, digest, expiresAtMs: epochMsOf(exp) };
}

/** Creates the payload of a signature of a map. `exp` has fractions of a second if the map expires within a second. */
export function statementPayload({ map, generatedAt, digest, expiresAtMs }: MapStatement): object {
  return { map, generatedAt, exp: expiresAtMs / 1000, digest };
}

function malformed(member: string): ConnectorManifestError {
  return new ConnectorManifestError(
    'MAP_SIGNATURE_MALFORMED',
    `A signature of the service map is malformed: its payload has no valid \`${member}\`.`,
  );
}
