/** The longest a server can keep us from asking again: one interval of the background refresh. */
export const MAX_RETRY_AFTER_MS = 300_000;

/**
 * The milliseconds that a `Retry-After` asks for (RFC 9110 section 10.2.3: seconds, or an HTTP date), at most
 * {@link MAX_RETRY_AFTER_MS}. Null where the header is missing, in the past or nonsense.
 */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : httpDate(text) - nowMs;
  return delayMs > 0 ? Math.min(delayMs, MAX_RETRY_AFTER_MS) : null;
}

/** NaN for anything but the one format that senders may use; Date.parse alone takes far more for a date. */
function httpDate(text: string): number {
  return /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text) ? Date.parse(text) : Number.NaN;
}
