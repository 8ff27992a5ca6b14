/** Maximum length of a template, and maximum length of a URI that is compared with a template. */
const MAX_TEMPLATE_LENGTH = 1_024;
const MAX_URI_LENGTH = 2_048;

/** Part of a template: literal text, or an expression with the characters that it allows. */
type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'any';
      /** First character of the expansion. An empty expansion has no prefix (RFC 6570 section 3.2.1). */
      readonly prefix: string;
      readonly stops: string;
      readonly mayBeEmpty: boolean;
    };

/**
 * Returns the text before the first expression of a template. Every URI that matches the template begins with this
 * text.
 */
export function templatePrefix(template: string): string {
  return template.split('{', 1)[0] ?? '';
}

/**
 * True if a URI can be an expansion of a template (RFC 6570). Takes at most (length of template × length of URI) steps
 * for any template. A variable without an operator does not match `/`, `?` and `#`, unless it ends in `*`.
 */
export function matchesTemplate(template: string, uri: string): boolean {
  if (template.length > MAX_TEMPLATE_LENGTH || uri.length > MAX_URI_LENGTH) return false;
  if (!uri.startsWith(templatePrefix(template))) return false;
  let reached = new Uint8Array(uri.length + 1);
  reached[0] = 1;
  for (const part of partsOf(template)) reached = after(part, reached, uri);
  return reached[uri.length] === 1;
}

function partsOf(template: string): readonly Part[] {
  return template.split(/(\{[^{}]*\})/).map((text): Part => {
    if (!/^\{[^{}]*\}$/.test(text)) return { kind: 'text', text };
    const operator = /^\{([+#./;?&])/.exec(text)?.[1] ?? '';
    const isMany = text.endsWith('*}');
    if (operator === '') return { kind: 'any', prefix: '', stops: isMany ? '' : '/?#', mayBeEmpty: isMany };
    if (operator === '+') return { kind: 'any', prefix: '', stops: '', mayBeEmpty: false };
    const stops = operator === '#' ? '' : operator === '/' || operator === '?' || operator === '&' ? '#' : '/?#';
    return { kind: 'any', prefix: operator, stops, mayBeEmpty: true };
  });
}

/**
 * Returns the positions in a URI that can be reached by matching a part, given the positions reached before the part.
 */
function after(part: Part, reached: Uint8Array<ArrayBuffer>, uri: string): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(reached.length);
  if (part.kind === 'text') {
    for (let at = 0; at < reached.length; at += 1)
      if (reached[at] === 1 && uri.startsWith(part.text, at)) next[at + part.text.length] = 1;
    return next;
  }
  const { prefix, stops, mayBeEmpty } = part;
  let isOpen = false;
  for (let at = 0; at < reached.length; at += 1) {
    if (isOpen) next[at] = 1;
    const isStart = reached[at] === 1;
    if (isStart && mayBeEmpty) next[at] = 1;
    const letter = uri.charAt(at);
    // The prefix is checked first, because its character (such as `?`) may also be a character that ends the expansion.
    if (isStart && prefix !== '' && letter === prefix) isOpen = true;
    else {
      if (isStart && prefix === '') isOpen = true;
      if (stops.includes(letter)) isOpen = false;
    }
  }
  return next;
}
