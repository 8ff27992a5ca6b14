import { type ErrorCodeEntry, entry } from '../entry.ts';

/** Error codes of the content of a service map: its text, signature, shape and time. */
export const MAP_CONTENT_ERRORS = {
  MAP_BOM: entry(
    'The service map starts with a byte order mark.',
    'Serve plain UTF-8 without a BOM (RFC 8259 section 8.1).',
  ),
  MAP_ENCODING: entry('The service map is not valid UTF-8.', 'Serve the map as UTF-8.'),
  MAP_SYNTAX: entry('The service map is not JSON.', 'Check what the URL really serves: often it is a login page.'),
  MAP_TOO_DEEP: entry('The service map is nested deeper than 64 levels.', 'Flatten the metadata of the map.'),
  MAP_DUPLICATE_KEY: entry(
    'An object of the service map has the same key twice.',
    'Remove one of the two, because JSON parsers disagree on which of them counts.',
  ),
  MAP_FORBIDDEN_KEY: entry(
    'The service map uses a key that can change the prototype of a JavaScript object.',
    'Rename the key.',
  ),
  MAP_NOT_REPRESENTABLE: entry(
    'The service map contains a lone surrogate, or a number outside the range of a double. Neither has a ' +
      'canonical form (RFC 8785).',
    'Write the value as a well-formed string.',
  ),
  MAP_SIGNATURE_MISSING: entry(
    'The service map has no signature.',
    'Sign the map, because an unsigned map is never accepted.',
  ),
  MAP_SIGNATURE_MALFORMED: entry(
    'The signature is neither 43 characters of base64url nor 64 characters of lower-case hex.',
    'Correct the encoding at the publisher.',
  ),
  MAP_SIGNATURE_MISMATCH: entry(
    'The signature of the service map does not match its content with the configured key.',
    'Compare the keys of the publisher and of this host. If they agree, assume that the content was tampered with.',
  ),
  MAP_SCHEMA: entry('The service map does not have the required shape.', 'Correct the field that the message names.'),
  MAP_TTL_INVALID: entry(
    'The `ttlSeconds` of the service map is not a whole number from 1 second to 30 days.',
    'Correct the value at the publisher.',
  ),
  MAP_ID_INVALID: entry(
    'A connector id contains a character that is not allowed, or is too long.',
    'Use 1 to 128 characters of A-Z a-z 0-9 . _ - and start with a letter or digit.',
  ),
  MAP_ENDPOINT_INVALID: entry(
    'The endpoint of a connector is not an http or https URL without credentials.',
    'Correct the endpoint. Credentials belong in `auth`.',
  ),
  MAP_DUPLICATE_ID: entry(
    'Two connectors of the service map have the same id.',
    'Give each connector its own id. Until then, the whole map is rejected.',
  ),
  MAP_TOO_MANY_CONNECTORS: entry(
    'The service map has more connectors than allowed.',
    'Raise `maxConnectors` if the number is intended.',
  ),
  MAP_EXPIRED: entry(
    'The service map has expired: `generatedAt` plus `ttlSeconds` is in the past.',
    'Publish a new map, and compare the clocks of the publisher and this host.',
  ),
  MAP_FROM_FUTURE: entry(
    'The `generatedAt` of the service map is in the future, beyond the allowed clock skew.',
    'Compare the clocks of the publisher and this host.',
  ),
  MAP_ROLLED_BACK: entry(
    'The service map is older than a map that was accepted before.',
    'Look for a stale cache or a replay between the publisher and this host.',
  ),
  MAP_EQUIVOCATED: entry(
    'Two different service maps were signed for the same instant. This is a warning: the map that was received ' +
      'later is used.',
    'Make sure that the publisher gives each map a different `generatedAt`. If it already does, somebody else has ' +
      'its key.',
  ),
  MAP_MASS_REMOVAL: entry(
    'More than half of the connectors are missing from a new service map. This is a warning: the connectors stay ' +
      'until the next load confirms the removal.',
    'No action is needed if the removal is intended. Otherwise, correct the map before the next refresh.',
  ),
  CIRCUIT_OPEN: entry(
    'Several refreshes in a row failed. No request for the map is sent until a pause is over.',
    'Wait, or correct what the error of the last refresh names.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
