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
  // undici reports this code if a proxy answers with status 407. Invalid arguments cannot be the reason, because they
  // were checked before.
  UND_ERR_INVALID_ARG: 'MAP_PROXY',
  // undici reports this code for values that its parser accepted before, such as a status of 99.
  ERR_ASSERTION: 'MAP_HTTP_INVALID',
  EPROTO: 'MAP_TLS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'MAP_TLS',
};

/**
 * Groups of error codes: verification results and errors of OpenSSL, and errors of llhttp and zlib (including brotli
 * and zstd).
 */
const BY_PATTERN: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA)/, 'MAP_TLS'],
  [/^HPE_/, 'MAP_HTTP_INVALID'],
  [/^(Z_|ERR_BROTLI|ERR__?BROTLI|ERR_ZSTD|ZSTD_|ERR__ERROR_FORMAT)/, 'MAP_DECODE'],
];

const MAX_CAUSES = 8;

/**
 * Returns the MAP_… code of a failed fetch. It depends on the first known error code of the system or of undici in the
 * cause chain, and never on the text of a message.
 */
export function classifyFetchError(error: unknown): ErrorCode {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    // undici's parser sometimes throws an HTTPParserError without a code.
    if (current.name === 'HTTPParserError') return 'MAP_HTTP_INVALID';
    const code = codeOf(current);
    if (code !== null) {
      // If a proxy refuses to open a tunnel, undici reports an aborted request with the proxy's status.
      if (code === 'UND_ERR_ABORTED') return 'MAP_PROXY';
      const known = BY_CODE[code] ?? BY_PATTERN.find(([pattern]) => pattern.test(code))?.[1];
      if (known !== undefined) return known;
    }
    // undici's fetch rejects some responses itself: a 407, or more than five content encodings. Its error then has
    // neither a code nor a message.
    if (isRefusedAnswer(current)) return 'MAP_HTTP_INVALID';
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return 'MAP_UNREACHABLE';
}

/**
 * Whether this is the error that undici's fetch throws for a response that it rejects itself. That error states no
 * reason.
 */
export function isRefusedAnswer(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof AggregateError) return false;
  return error.message === '' && error.cause === undefined && codeOf(error) === null;
}
