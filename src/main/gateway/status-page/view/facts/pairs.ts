import type { ShownFailure } from '../../model/shown-failure.ts';
import { type Html, type HtmlValue, html } from '../html.ts';

/** Renders a term and its value, as an entry of a `dl` element. */
export function pair(term: string, value: HtmlValue): Html {
  return html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
}

/** Renders an error code and its message. */
export function failure({ code, message }: ShownFailure): Html {
  return html`<code>${code}</code> ${message}`;
}
