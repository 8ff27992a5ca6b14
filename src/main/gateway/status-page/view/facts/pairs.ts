import type { ShownFailure } from '../../model/shown-failure.ts';
import { type Html, type HtmlValue, html } from '../html.ts';

/** A term and what it is, for a `dl`. */
export function pair(term: string, value: HtmlValue): Html {
  return html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
}

/** A code and what it means here. */
export function failure({ code, message }: ShownFailure): Html {
  return html`<code>${code}</code> ${message}`;
}
