import type { EventLine } from '../model/event-log.ts';
import { STATES } from '../model/state-words.ts';
import { type Html, html } from './html.ts';
import { stateIcon } from './icons.ts';
import { timeOfDay } from './instants.ts';

/**
 * Renders the last events, newest first. Screen readers announce only a summary, because reading whole lists would
 * drown out everything else.
 */
export function renderEvents(events: readonly EventLine[]): Html {
  return html`<section class="events" aria-labelledby="events">
<h2 id="events">Events <small>UTC</small></h2>
<ol id="event-list" tabindex="0" aria-labelledby="events">${events.map(renderEvent)}</ol>
<p class="quiet" id="no-events"${events.length > 0 && html` hidden`}>No events yet.</p>
<p class="unseen" id="announcements" aria-live="polite"></p>
</section>`;
}

export function renderEvent({ at, subject, what, detail, state }: EventLine): Html {
  const aspect = state === null ? 'off' : STATES[state].aspect;
  const text = html`<span><bdi class="subject">${subject}</bdi> ${what} <small>${detail}</small></span>`;
  return html`<li class="${aspect}">${timeOfDay(at)} ${state !== null && stateIcon(state)}${text}</li>`;
}

/** Returns the announcement of new events for screen readers. */
export function announcement(events: readonly EventLine[]): string {
  const [newest] = events;
  if (newest === undefined) return '';
  const last = `${newest.subject}: ${newest.what}`;
  return events.length === 1 ? last : `${events.length} events, the latest: ${last}`;
}
