import { relativeTime } from './instants.ts';

/**
 * Script of the page: it listens for updates, keeps relative times up to date, and shows whether it is connected.
 * Without JavaScript the page shows the same content. The script only inserts markup from its own server, in which
 * every value is escaped.
 */
export const PAGE_SCRIPT: string = `'use strict';
(() => {
const MAX_EVENTS = 100, RETRY_MS = 15000;
const relativeTime = ${relativeTime.toString()};
const byId = (id) => document.getElementById(id);
const page = document.body.dataset;
const rows = byId('rows'), list = byId('event-list'), live = byId('live'), pause = byId('pause');
let skewMs = Number(page.at) - Date.now();
let seq = Number(page.seq);
let stamp = page.stamp;
let source = null, retry = null;

const element = (markup) => {
  const template = document.createElement('template');
  template.innerHTML = markup.trim();
  return template.content.firstElementChild;
};

// If the replaced element contained the focused link or button, the new link or button gets the keyboard focus.
const swap = (old, markup) => {
  const next = element(markup);
  const active = document.activeElement;
  const nameOf = (one) => one.getAttribute('href') ?? one.getAttribute('aria-label');
  const name = old.contains(active) ? nameOf(active) : null;
  old.replaceWith(next);
  if (name !== null) [...next.querySelectorAll('a, button')].find((one) => nameOf(one) === name)?.focus();
  return next;
};

const showTimes = () => {
  const now = Date.now() + skewMs;
  for (const time of document.querySelectorAll('time[data-ago]')) {
    const text = relativeTime(Date.parse(time.dateTime), now);
    if (time.textContent !== text) time.textContent = text;
  }
};

const showRows = (markups, order) => {
  const known = new Map([...rows.children].map((row) => [row.dataset.row, row]));
  for (const [id, markup] of Object.entries(markups)) {
    const old = known.get(id);
    const row = old === undefined ? element(markup) : swap(old, markup);
    row.classList.add('changed');
    known.set(id, row);
  }
  if (order === null) return;
  const wanted = order.map((id) => known.get(id)).filter((row) => row !== undefined);
  if (!rows.contains(document.activeElement)) rows.replaceChildren(...wanted);
  else for (const row of wanted) rows.append(row);
  for (const row of [...rows.children]) if (!wanted.includes(row)) row.remove();
};

const showEvents = (markups) => {
  for (const markup of markups.toReversed()) list.prepend(element(markup));
  while (list.children.length > MAX_EVENTS) list.lastElementChild.remove();
  if (markups.length > 0) byId('no-events').hidden = true;
};

const update = ({ data, lastEventId }) => {
  const news = JSON.parse(data);
  skewMs = news.at - Date.now();
  for (const [name, markup] of Object.entries(news.parts)) {
    const old = document.querySelector('[data-block="' + name + '"]');
    if (old !== null) swap(old, markup);
  }
  const title = document.querySelector('[data-title]')?.dataset.title;
  if (title !== undefined && document.title !== title) document.title = title;
  showRows(news.rows, news.order);
  showEvents(news.events);
  seq = Number(lastEventId);
  if (news.announcement !== '') byId('announcements').textContent = news.announcement;
  showTimes();
};

const say = (state, text) => {
  live.hidden = pause.hidden = false;
  live.className = state;
  if (byId('live-text').textContent !== text) byId('live-text').textContent = text;
  pause.textContent = source === null && retry === null ? 'Resume' : 'Pause';
};

const stop = () => {
  source?.close();
  clearTimeout(retry);
  source = retry = null;
};

const listen = () => {
  stop();
  const query = new URLSearchParams(location.search);
  query.set('stamp', stamp);
  query.set('seq', String(seq));
  // Without a stamp, the server sends everything again after a reconnect.
  stamp = '';
  source = new EventSource('/status/events?' + query);
  source.onopen = () => say('on', 'Live');
  source.onmessage = update;
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) {
      stop();
      retry = setTimeout(listen, RETRY_MS);
    }
    say('off', 'Disconnected, reconnecting');
  };
};

pause.onclick = () => {
  if (source === null && retry === null) listen();
  else {
    stop();
    say('off', 'Paused');
  }
};
setInterval(showTimes, 1000);
listen();
})();
`;
