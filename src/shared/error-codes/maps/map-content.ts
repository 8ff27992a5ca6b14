import { type ErrorCodeEntry, entry } from '../entry.ts';

/** What a service map says: its text, signature, shape and time. */
export const MAP_CONTENT_ERRORS = {
  MAP_BOM: entry(
    'The service map starts with a byte order mark.',
    'Serve plain UTF-8 without a BOM (RFC 8259 section 8.1).',
  ),
  MAP_ENCODING: entry('The service map is not valid UTF-8.', 'Serve UTF-8.'),
  MAP_SYNTAX: entry(
    'The service map is not JSON.',
    'Look at what the URL really serves; a login page is a frequent answer.',
  ),
  MAP_TOO_DEEP: entry('The service map nests deeper than 64 levels.', 'Flatten its metadata.'),
  MAP_DUPLICATE_KEY: entry(
    'An object of the service map names the same key twice.',
    'Remove one; readers disagree on which of the two counts.',
  ),
  MAP_FORBIDDEN_KEY: entry(
    'The service map uses a key that can change the prototype of a JavaScript object.',
    'Rename the key.',
  ),
  MAP_NOT_REPRESENTABLE: entry(
    'The service map holds a lone surrogate or a number beyond the range of a double, which has no ' +
      'canonical form (RFC 8785).',
    'Send such values as well-formed strings.',
  ),
  MAP_SIGNATURE_MISSING: entry('The service map carries no signature.', 'Sign it; an unsigned map is never accepted.'),
  MAP_SIGNATURE_MALFORMED: entry(
    'The signature is neither 43 characters of base64url nor 64 of lower-case hex.',
    'Fix how the producer encodes it.',
  ),
  MAP_SIGNATURE_MISMATCH: entry(
    'The signature does not belong to this content and this key.',
    'Compare the keys of both sides; else treat the content as tampered with.',
  ),
  MAP_SCHEMA: entry('The service map does not have the required shape.', 'Correct the field that the message names.'),
  MAP_TTL_INVALID: entry(
    'The `ttlSeconds` of the service map is no whole number of 1 second to 30 days.',
    'Correct it at the producer.',
  ),
  MAP_ID_INVALID: entry(
    'The id of a connector holds what no id may, or is too long.',
    'Use 1 to 128 of A-Z a-z 0-9 . _ - and start with a letter or digit.',
  ),
  MAP_ENDPOINT_INVALID: entry(
    'The endpoint of a connector is no http or https URL without credentials.',
    'Correct it; keys go into `auth`.',
  ),
  MAP_DUPLICATE_ID: entry(
    'Two connectors of the service map share an id.',
    'Give each its own id; the whole map is refused.',
  ),
  MAP_TOO_MANY_CONNECTORS: entry(
    'The service map lists more connectors than allowed.',
    'Raise `maxConnectors` if the number is meant.',
  ),
  MAP_EXPIRED: entry(
    'The service map is past `generatedAt + ttlSeconds`.',
    'Let the producer issue a new one; compare the clocks.',
  ),
  MAP_FROM_FUTURE: entry(
    'The service map was generated later than now, beyond the allowed clock skew.',
    'Compare the clocks of both machines.',
  ),
  MAP_ROLLED_BACK: entry(
    'The service map is older than one that was accepted before.',
    'Look for a stale cache or a replay between the producer and here.',
  ),
  MAP_EQUIVOCATED: entry(
    'Two different service maps were signed for the same instant. A warning: the later one counts.',
    'Let the producer date each map anew; if it does, somebody else holds its key.',
  ),
  MAP_MASS_REMOVAL: entry(
    'More than half of the connectors are missing from a new service map. A warning: they stay until the ' +
      'next load agrees.',
    'Nothing if it is meant; else mend the producer before the next refresh.',
  ),
  CIRCUIT_OPEN: entry(
    'Several refreshes in a row failed; no request is sent until the pause is over.',
    'Wait, or mend what the last error names.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
