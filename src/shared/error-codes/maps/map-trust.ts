import { type ErrorCodeEntry, entry } from '../entry.ts';

/** Who signed a service map, and whether that is still enough: keys, key documents, downgrades and age. */
export const MAP_TRUST_ERRORS = {
  MAP_SIGNATURE_UNTRUSTED: entry(
    'The service map is not signed by as many trusted keys as this source asks for.',
    'Compare the `kid`s that the message names with `signatureKeys`; after a rotation, give the new keys.',
  ),
  MAP_SIGNATURE_DOWNGRADED: entry(
    'The service map has no valid asymmetric signature, but an earlier map of this source had one.',
    'Sign it with `sign --key`. To go back to the HMAC alone on purpose, set `accept: "hmac"`.',
  ),
  MAP_KEY_REVOKED: entry(
    'The service map is signed only with keys that were revoked.',
    'Sign it with a key that is in force; treat what the revoked key signed as untrusted.',
  ),
  MAP_KEY_EXPIRED: entry(
    'The key that signed the service map is not valid now: it expired, or is not valid yet.',
    'Sign with a current key (`keys rotate`); compare the clocks.',
  ),
  MAP_ID_MISMATCH: entry(
    'The service map, or its signature, has another `id` than this source expects.',
    'Look for a server that serves the map of another source; set `mapId` if the id changed on purpose.',
  ),
  MAP_TOO_STALE: entry(
    'The service map expired longer ago than `maxStaleMs` allows, so it is no longer served.',
    'Make its source reachable again, or raise `maxStaleMs`.',
  ),
  MAP_ENTRY_UNUSABLE: entry(
    'An entry of the service map asks for something that this host cannot or must not do. A warning: that entry ' +
      'alone is left out.',
    'Correct the entry at the producer; the message names the field.',
  ),
  KEYS_INVALID: entry(
    'A set of public keys (JWKS) or a key document does not have the required form.',
    'Correct what the message names; every key needs a unique `kid`.',
  ),
  KEYS_UNAVAILABLE: entry(
    'The public keys or key documents cannot be read.',
    'Check the file, function or URL that the message names.',
  ),
  KEYS_UNTRUSTED: entry(
    'A key document is not signed by enough of the keys before it and of its own root keys.',
    'Publish one that `keys rotate` made; otherwise treat it as an attack.',
  ),
  KEYS_ROLLED_BACK: entry(
    'A key document is older than one that was believed before, or than `minVersion`.',
    'Publish the newest key documents; look for a stale copy between the publisher and here.',
  ),
  KEYS_EXPIRED: entry(
    'The newest key document has expired, so its keys sign no new map.',
    'Publish the next key document with `keys rotate`; compare the clocks.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
