import { type Html, html } from './html.ts';

/** The last instant that a `Date` can hold. */
const MAX_MS = 8.64e15;

/** Renders an instant relative to now; the page's script keeps it up to date. */
export function instant(atMs: number, nowMs: number): Html {
  if (!isDate(atMs)) return html`–`;
  const iso = new Date(atMs).toISOString();
  return html`<time datetime="${iso}" title="${iso}" data-ago>${relativeTime(atMs, nowMs)}</time>`;
}

/** Renders an instant as a time of day in UTC. */
export function timeOfDay(atMs: number): Html {
  if (!isDate(atMs)) return html`–`;
  const iso = new Date(atMs).toISOString();
  return html`<time datetime="${iso}" title="${iso}">${iso.slice(11, 19)}</time>`;
}

function isDate(atMs: number): boolean {
  return Math.abs(atMs) <= MAX_MS;
}

/**
 * Returns an instant in relative words: `12 s ago`, `in 3 min`. The source text of this function is inserted into the
 * page's script, so that server and browser produce the same words. So the function must not use anything from outside
 * of its body.
 */
export function relativeTime(atMs: number, nowMs: number): string {
  const seconds = Math.round(Math.abs(nowMs - atMs) / 1000);
  if (seconds < 1) return 'now';
  let amount = `${seconds} s`;
  if (seconds >= 172_800) amount = `${Math.floor(seconds / 86_400)} days`;
  else if (seconds >= 7_200) amount = `${Math.floor(seconds / 3_600)} h`;
  else if (seconds >= 120) amount = `${Math.floor(seconds / 60)} min`;
  return atMs > nowMs ? `in ${amount}` : `${amount} ago`;
}
