const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Markup that is safe to send. Only {@link html} and {@link trusted} create it; any other value is escaped when it is
 * inserted.
 */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** Values that may be inserted into markup; null and false insert nothing. */
export type HtmlValue = Html | string | number | null | false | readonly HtmlValue[];

/** Escapes a string for use within an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/**
 * Creates markup with every value in it escaped. Attributes must be quoted. Values must never be inserted into a
 * script, a style or a tag's name.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.map((part, index) => part + markupOf(values[index] ?? null)).join(''));
}

/** Marks text that this package wrote itself as safe markup. Never call it with text from outside. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function markupOf(value: HtmlValue): string {
  if (value === null || value === false) return '';
  if (typeof value === 'object') return value instanceof Html ? value.toString() : value.map(markupOf).join('');
  return escapeHtml(String(value));
}
