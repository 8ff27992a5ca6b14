/** Maximum delay that a server can request: one interval of the background refresh. */
export const MAX_RETRY_AFTER_MS = 300_000;

/**
 * Returns the milliseconds that a `Retry-After` requests (RFC 9110 section 10.2.3: seconds, or an HTTP date), at most
 * {@link MAX_RETRY_AFTER_MS}. Returns null if the header is missing, in the past or invalid.
 */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : httpDate(text) - nowMs;
  return delayMs > 0 ? Math.min(delayMs, MAX_RETRY_AFTER_MS) : null;
}

/**
 * Parses an HTTP date in the only format that senders may use (RFC 9110, IMF-fixdate). Returns NaN for anything else.
 * Date.parse alone would accept many other strings.
 */
function httpDate(text: string): number {
  return /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text) ? Date.parse(text) : Number.NaN;
}
