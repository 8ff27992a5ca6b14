import type { ErrorCode } from '../error-codes.ts';
import { codeOf } from '../errors.ts';

const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: 'MAP_DNS',
  EAI_AGAIN: 'MAP_DNS',
  UND_ERR_CONNECT_TIMEOUT: 'MAP_CONNECT_TIMEOUT',
  ETIMEDOUT: 'MAP_CONNECT_TIMEOUT',
  UND_ERR_SOCKET: 'MAP_CONNECTION_LOST',
  ECONNRESET: 'MAP_CONNECTION_LOST',
  EPIPE: 'MAP_CONNECTION_LOST',
  UND_ERR_HEADERS_OVERFLOW: 'MAP_HTTP_INVALID',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'MAP_HTTP_INVALID',
  UND_ERR_PRX_TLS: 'MAP_PROXY',
  // What undici says of a proxy that answers 407; our own arguments were checked before.
  UND_ERR_INVALID_ARG: 'MAP_PROXY',
  // undici asserts what its parser let through, such as a status of 99.
  ERR_ASSERTION: 'MAP_HTTP_INVALID',
  EPROTO: 'MAP_TLS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'MAP_TLS',
};

/** Families of codes: OpenSSL's verification results and errors, llhttp's, zlib's (and those of brotli and zstd). */
const BY_PATTERN: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA)/, 'MAP_TLS'],
  [/^HPE_/, 'MAP_HTTP_INVALID'],
  [/^(Z_|ERR_BROTLI|ERR__?BROTLI|ERR_ZSTD|ZSTD_|ERR__ERROR_FORMAT)/, 'MAP_DECODE'],
];

const MAX_CAUSES = 8;

/**
 * Which MAP_… code a failed fetch has: the first one its cause chain tells by a code of the system or of undici,
 * never by text.
 */
export function classifyFetchError(error: unknown): ErrorCode {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    // undici's parser does not always give a code.
    if (current.name === 'HTTPParserError') return 'MAP_HTTP_INVALID';
    const code = codeOf(current);
    if (code !== null) {
      // undici reports a proxy that refuses the tunnel as an aborted request with the proxy's status.
      if (code === 'UND_ERR_ABORTED') return 'MAP_PROXY';
      const known = BY_CODE[code] ?? BY_PATTERN.find(([pattern]) => pattern.test(code))?.[1];
      if (known !== undefined) return known;
    }
    // undici's fetch gives neither code nor text for an answer that it refuses itself: a 407, more than five
    // content encodings.
    if (isRefusedAnswer(current)) return 'MAP_HTTP_INVALID';
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return 'MAP_UNREACHABLE';
}

/** Whether this is what undici's fetch makes of an answer that it refuses without a word. */
export function isRefusedAnswer(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof AggregateError) return false;
  return error.message === '' && error.cause === undefined && codeOf(error) === null;
}
