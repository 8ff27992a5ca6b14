import type { Challenge } from '../credentials.ts';

/**
 * The parts of a `WWW-Authenticate` header that logins need (RFC 9110 section 11.6.1, RFC 6750 section 3, RFC 9728
 * section 5.1).
 */
export interface ReadChallenge {
  /** The authentication schemes in lower case, in the order of the header. */
  readonly schemes: readonly string[];
  readonly resourceMetadataUrl: URL | null;
  readonly scope: string | null;
  readonly error: string | null;
}

/** One challenge in a header. Names are in lower case; if a name occurs twice, the first value is used. */
export interface ParsedChallenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Schemes whose parameters describe a login, in order of preference. */
const LOGIN_SCHEMES = ['bearer', 'dpop'] as const;

/**
 * Maximum length of a `WWW-Authenticate` header; a longer header is truncated. Servers send a few hundred characters.
 */
const MAX_LENGTH = 16 * 1024;

const SCHEME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const ERROR_CODE = /^[A-Za-z0-9_.-]{1,64}$/;

/** Matches one scope (RFC 6749 section 3.3). */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * Maximum length of all scopes together. No known server exceeds it. Longer scopes would not fit into the URL to which
 * a person is sent.
 */
const MAX_SCOPE_LENGTH = 4_096;

/** Reads `WWW-Authenticate`. Never throws: unreadable parts are ignored. */
export function readChallenge(challenge: Challenge): ReadChallenge {
  const parsed = parseChallenges(challenge.wwwAuthenticate ?? '');
  const login = LOGIN_SCHEMES.map((name) => parsed.find(({ scheme }) => scheme === name)).find((one) => one);
  const parameter = (name: string): string | null => login?.parameters.get(name) ?? null;
  const error = parameter('error');
  return {
    schemes: parsed.map(({ scheme }) => scheme),
    resourceMetadataUrl: readUrl(parameter('resource_metadata'), challenge.url),
    scope: readScopes(parameter('scope')),
    error: error !== null && ERROR_CODE.test(error) ? error : null,
  };
}

/** Reads a URL in a challenge. Some servers send only its path. */
function readUrl(text: string | null, base: URL): URL | null {
  const url = text === null || text === '' ? null : URL.parse(text, base.href);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username + url.password !== '') return null;
  url.hash = '';
  return url;
}

/**
 * Returns the valid scopes in a string from a server, without duplicates and separated by blanks; null if no scope is
 * valid.
 */
export function readScopes(text: string | null): string | null {
  const seen = new Set<string>();
  let length = 0;
  for (const scope of (text ?? '').split(/\s+/)) {
    if (!SCOPE_TOKEN.test(scope) || seen.has(scope)) continue;
    length += scope.length + 1;
    if (length > MAX_SCOPE_LENGTH) break;
    seen.add(scope);
  }
  return seen.size === 0 ? null : [...seen].join(' ');
}

/**
 * Splits a header into its challenges (RFC 9110 section 11.6.1). Also accepts common violations of the grammar:
 * parameters without commas between them, addresses without quotes, and quotes that are never closed.
 */
export function parseChallenges(header: string): readonly ParsedChallenge[] {
  const reader = new HeaderReader(header.slice(0, MAX_LENGTH));
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  // Whether the next word may be the token68 of a challenge, as in `Basic YTpi`.
  let mayBeToken68 = false;
  for (;;) {
    if (reader.skipSeparators()) mayBeToken68 = false;
    if (reader.isAtEnd) return challenges;
    const word = reader.readWord();
    const value = reader.readValue();
    const current = challenges.at(-1);
    if (value !== null) {
      const name = word.toLowerCase();
      if (word !== '' && current?.parameters.has(name) === false) current.parameters.set(name, value);
      mayBeToken68 = false;
    } else if (mayBeToken68 || !SCHEME.test(word)) {
      mayBeToken68 = false;
    } else {
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
      mayBeToken68 = true;
    }
  }
}

/** Reads a header from left to right. Each step advances by at least one character, until the end of the header. */
class HeaderReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Skips blanks and commas. Returns whether there was a comma. */
  skipSeparators(): boolean {
    return this.#take(/[\s,]*/y).includes(',');
  }

  /** Reads until the next blank, comma, `=` or quote. A stray quoted string counts as an empty word. */
  readWord(): string {
    if (this.#text[this.#at] !== '"') return this.#take(/[^\s,="]*/y);
    this.#readQuoted();
    return '';
  }

  /** Returns the value after `=`; null if no `=` follows. */
  readValue(): string | null {
    if (this.#take(/\s*=\s*/y) === '') return null;
    return this.#text[this.#at] === '"' ? this.#readQuoted() : this.#take(/[^\s,"]*/y);
  }

  #readQuoted(): string {
    const quoted = this.#take(/"(?:[^"\\]|\\[\s\S])*/y);
    // Skips the closing quote, or a backslash at the end of the header.
    this.#at += 1;
    return quoted.slice(1).replace(/\\([\s\S])/g, '$1');
  }

  #take(sticky: RegExp): string {
    sticky.lastIndex = this.#at;
    const [taken = ''] = sticky.exec(this.#text) ?? [];
    this.#at += taken.length;
    return taken;
  }
}

/** Returns the bearer token in a list of headers; null if no header has one. */
export function bearerOf(sent: readonly string[]): string | null {
  const value = sent[1] ?? '';
  return value.startsWith('Bearer ') ? value.slice('Bearer '.length) : null;
}
