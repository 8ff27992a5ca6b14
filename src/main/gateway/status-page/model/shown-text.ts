import { MASK } from '../../../masking/secret-mask.ts';
import { maskText } from '../../../masking/secret-shapes.ts';

/** Enough to say what is wrong; whole stories are in the log. */
const MAX_LENGTH = 300;

/** What is looked at of a text at all: masking takes its time with each letter. */
const MAX_READ = 4_000;

/** Texts that are remembered as they are shown, and how long they may be. */
const MAX_REMEMBERED = 1_000;
const MAX_REMEMBERED_LENGTH = 1_000;

/** Control characters, and those that turn the direction of what follows: a name could pass for another. */
const DISTURBING = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;

const ADDRESS = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#"'<>]*@)?([^\s?#"'<>]*)(?:[?#][^\s"'<>]*)?/gi;

/** In the middle of a sentence: `… Authorization: Bearer x …`. Letters alone are words of people: `a bearer token`. */
const CREDENTIAL = /\b(bearer|basic|digest|token)(\s+["']?)(?=[a-z]*[^\sa-z])[^\s"',;]{4,}/gi;

/** The same of a name that says what its value is. The first run is bounded, or long words would take long. */
const NAMED =
  /([\w.-]{0,40}(?:token|secret|passw|pwd|credential|authorization|cookie|api[-_]?key|access[-_]?key|signature)\w{0,40}["']?\s*[:=]\s*["']?)(?!bearer\b|basic\b|digest\b|token\b)[^\s"',;]+/gi;

/** A name or an id of others, fit to be shown on one line. */
export function shownName(name: string, maxLength: number = MAX_LENGTH): string {
  const cut = name.length <= maxLength ? name : `${name.slice(0, maxLength)}…`;
  return cut.replace(DISTURBING, '\ufffd');
}

/** A message, fit to be shown: no queries and no logins of addresses, nothing that looks like a secret. */
export const shownMessage: (message: string) => string = remembering((message) => {
  const plain = message.slice(0, MAX_READ).replace(/\s+/g, ' ').replace(ADDRESS, '$1$2');
  return shownName(maskText(plain.replace(CREDENTIAL, `$1$2${MASK}`).replace(NAMED, `$1${MASK}`)));
});

/** An address as origin and path, what looks like a secret in the path masked; null for one of no server, as that of a program is. */
export const shownAddress: (address: string) => string | null = remembering((address) => {
  if (!/^https?:/i.test(address) || !URL.canParse(address)) return null;
  const { origin, pathname } = new URL(address);
  return shownName(maskText(origin + pathname));
});

/** The same texts are shown again and again, to each page that is open once a second; to mask them is most of the work. */
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
