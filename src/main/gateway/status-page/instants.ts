import { type Html, html } from './html.ts';
import { relativeTime } from './relative-time.ts';

/** The last instant that a date can hold. */
const MAX_MS = 8.64e15;

/** An instant, said relative to now; the page's script keeps it true. */
export function instant(atMs: number, nowMs: number): Html {
  if (!isDate(atMs)) return html`–`;
  const iso = new Date(atMs).toISOString();
  return html`<time datetime="${iso}" title="${iso}" data-ago>${relativeTime(atMs, nowMs)}</time>`;
}

/** An instant as a time of day in UTC. */
export function timeOfDay(atMs: number): Html {
  if (!isDate(atMs)) return html`–`;
  const iso = new Date(atMs).toISOString();
  return html`<time datetime="${iso}" title="${iso}">${iso.slice(11, 19)}</time>`;
}

function isDate(atMs: number): boolean {
  return Math.abs(atMs) <= MAX_MS;
}
