import { MASK } from '../../../masking/secret-mask.ts';
import { maskText } from '../../../masking/secret-shapes.ts';

/** Maximum length of a shown string; the log has the whole string. */
const MAX_LENGTH = 300;

/** Maximum number of characters that are read from a string, because masking takes time for each character. */
const MAX_READ = 4_000;

/** Maximum number of cached strings, and maximum length of a cached string. */
const MAX_REMEMBERED = 1_000;
const MAX_REMEMBERED_LENGTH = 1_000;

/**
 * Control characters, and characters that change the direction of the text after them. With such characters, one name
 * could look like another.
 */
const DISTURBING = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;

const ADDRESS = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#"'<>]*@)?([^\s?#"'<>]*)(?:[?#][^\s"'<>]*)?/gi;

/**
 * Matches a credential after its scheme in a sentence, such as `… Authorization: Bearer x1y2 …`. Does not match plain
 * words, such as `a bearer token`.
 */
const CREDENTIAL = /\b(bearer|basic|digest|token)(\s+["']?)(?=[a-z]*[^\sa-z])[^\s"',;]{4,}/gi;

/**
 * Matches a credential after a name such as `token` or `password`. The length of the name is limited, because long
 * words would take too much time.
 */
const SECRET_NAME = /token|secret|passw|pwd|credential|authorization|cookie|api[-_]?key|access[-_]?key|signature/
  .source;
const NAMED = new RegExp(
  `([\\w.-]{0,40}(?:${SECRET_NAME})${/\w{0,40}["']?\s*[:=]\s*["']?/.source})` +
    /(?!bearer\b|basic\b|digest\b|token\b)[^\s"',;]+/.source,
  'gi',
);

/** Returns a name or id of a connector or map in a form that can be shown on one line. */
export function shownName(name: string, maxLength: number = MAX_LENGTH): string {
  const cut = name.length <= maxLength ? name : `${name.slice(0, maxLength)}…`;
  return cut.replace(DISTURBING, '\ufffd');
}

/**
 * Returns a message in a form that can be shown: without queries and credentials of addresses, and with likely secrets
 * masked.
 */
export const shownMessage: (message: string) => string = remembering((message) => {
  const plain = message.slice(0, MAX_READ).replace(/\s+/g, ' ').replace(ADDRESS, '$1$2');
  return shownName(maskText(plain.replace(CREDENTIAL, `$1$2${MASK}`).replace(NAMED, `$1${MASK}`)));
});

/**
 * Returns origin and path of an address, with likely secrets masked. Null if the address is not http or https, such as
 * the address of a stdio server.
 */
export const shownAddress: (address: string) => string | null = remembering((address) => {
  if (!/^https?:/i.test(address) || !URL.canParse(address)) return null;
  const { origin, pathname } = new URL(address);
  return shownName(maskText(origin + pathname));
});

/**
 * Returns `show` with a cache. The same strings are shown on each open page once a second, and masking them is most of
 * the work.
 */
function remembering<T>(show: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (text.length > MAX_REMEMBERED_LENGTH) return show(text);
    const before = known.get(text);
    if (before !== undefined) return before;
    const shown = show(text);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(text, shown);
    return shown;
  };
}
