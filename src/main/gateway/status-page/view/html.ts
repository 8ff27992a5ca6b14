const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that is safe to send. Made by {@link html} and {@link trusted} alone; any other value is escaped where it goes in. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** What may stand in markup; null and false leave nothing. */
export type HtmlValue = Html | string | number | null | false | readonly HtmlValue[];

/** A text as it stands within an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/** Markup with every value in it escaped. Attributes must be quoted; a value never belongs in a script, a style or a tag's name. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.map((part, index) => part + markupOf(values[index] ?? null)).join(''));
}

/** Markup that this package wrote itself, word for word. Nothing from outside goes through here. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function markupOf(value: HtmlValue): string {
  if (value === null || value === false) return '';
  if (typeof value === 'object') return value instanceof Html ? value.toString() : value.map(markupOf).join('');
  return escapeHtml(String(value));
}
