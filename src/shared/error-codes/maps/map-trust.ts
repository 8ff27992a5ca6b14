import { type ErrorCodeEntry, entry } from '../entry.ts';

/** Error codes of trust in a service map: its signing keys, key documents, downgrades and age. */
export const MAP_TRUST_ERRORS = {
  MAP_SIGNATURE_UNTRUSTED: entry(
    'The service map is signed by fewer trusted keys than this source requires.',
    'Compare each `kid` in the message with `signatureKeys`. After a rotation, configure the new keys.',
  ),
  MAP_SIGNATURE_DOWNGRADED: entry(
    'The service map has no valid asymmetric signature, but an earlier map of this source had one.',
    'Sign the map with `mcp-switchyard sign --key`. To accept maps with only an HMAC again, set `accept: "hmac"`.',
  ),
  MAP_KEY_REVOKED: entry(
    'The service map is signed only with revoked keys.',
    'Sign the map with a key that is not revoked. Do not trust anything that a revoked key signed.',
  ),
  MAP_KEY_EXPIRED: entry(
    'The key that signed the service map has expired, or is not valid yet.',
    'Sign the map with a current key, and compare the clocks of the publisher and this host. To replace an ' +
      'expired key, use `mcp-switchyard keys rotate`.',
  ),
  MAP_ID_MISMATCH: entry(
    'The `id` of the service map, or of its signature, differs from the `id` that this source expects.',
    'Look for a server that serves the map of another source. Set `mapId` if the id changed on purpose.',
  ),
  MAP_TOO_STALE: entry(
    'The service map expired longer ago than `maxStaleMs` allows, so it is no longer served.',
    'Make the source of the map reachable again, or raise `maxStaleMs`.',
  ),
  MAP_ENTRY_UNUSABLE: entry(
    'An entry of the service map requires something that this host cannot or must not do. This is a warning: ' +
      'only that entry is left out.',
    'Correct the entry at the publisher. The message names the field.',
  ),
  KEYS_INVALID: entry(
    'A set of public keys (JWKS) or a key document does not have the required form.',
    'Correct what the message names. Every key needs a unique `kid`.',
  ),
  KEYS_UNAVAILABLE: entry(
    'The public keys or key documents cannot be read.',
    'Check the file, function or URL that the message names.',
  ),
  KEYS_UNTRUSTED: entry(
    'A key document is not signed by enough of the previous root keys and by enough of its own root keys, or a ' +
      'document before it is missing.',
    'Publish all documents that `mcp-switchyard keys rotate` made. If you did not publish this document, treat it as ' +
      'an attack.',
  ),
  KEYS_ROLLED_BACK: entry(
    'A key document is older than a document that was accepted before, or older than `minVersion`.',
    'Publish the newest key documents. Look for a stale copy between the publisher and this host.',
  ),
  KEYS_EXPIRED: entry(
    'The newest key document has expired, so its keys cannot sign a new map.',
    'Publish the next key document, made with `mcp-switchyard keys rotate`. Compare the clocks of the publisher ' +
      'and this host.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
