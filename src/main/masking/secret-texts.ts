import { formsOf, type SecretForm } from './secret-forms.ts';
import { MASK } from './secret-mask.ts';

/** Minimum length of a secret. Shorter values would be found in many strings that do not contain the secret. */
const MIN_LENGTH = 4;

/**
 * Maximum number of secrets; the oldest secret is dropped first. Without a limit, the number would grow with each new
 * token of a login.
 */
const MAX_SECRETS = 1_000;

/** Number of slots in the table of hashes; a power of two. */
const SLOTS = 65_536;

/** Matches a character of base64 or base64url, before or after a form. */
const BASE64_CHARACTER = /[A-Za-z0-9+/_-]/;
const BASE64_END = /[A-Za-z0-9+/_-]?(?:=|%3[Dd]){0,2}/y;

/**
 * Finds known secrets in messages and replaces them by {@link MASK}. Also finds encoded secrets ({@link formsOf}). The
 * search does not become slower with more secrets.
 */
export class SecretTexts {
  readonly #secrets = new Set<string>();
  /**
   * The forms of all secrets, by the hash of their first four characters. Forms with the same hash are sorted by
   * length, the longest first. Null if a secret was added since the last search.
   */
  #forms: Map<number, SecretForm[]> | null = null;
  /** Contains 1 at the index of each hash that is a key of `#forms`, and 0 elsewhere. */
  readonly #begins = new Uint8Array(SLOTS);

  /**
   * Adds a secret to search for, and each of its lines that has more than 8 characters. A secret of fewer than 4
   * characters is ignored.
   */
  add(secret: string): void {
    const lines = secret.split(/[\r\n]+/).filter((line) => line.trim().length > 2 * MIN_LENGTH);
    for (const text of [secret, ...lines].map((line) => line.trim())) {
      if (text.length < MIN_LENGTH || this.#secrets.has(text)) continue;
      this.#secrets.add(text);
      this.#forms = null;
    }
    for (const oldest of this.#secrets) {
      if (this.#secrets.size <= MAX_SECRETS) break;
      this.#secrets.delete(oldest);
    }
  }

  /** Returns the text with all known secrets masked. */
  maskText(text: string): string {
    if (this.#secrets.size === 0 || text.length < MIN_LENGTH) return text;
    const forms = this.#sortedForms();
    let masked = '';
    let done = 0;
    for (let at = 0; at <= text.length - MIN_LENGTH; at += 1) {
      const hash = hashAt(text, at);
      if (this.#begins[hash] !== 1) continue;
      const form = forms.get(hash)?.find((one) => text.startsWith(one.text, at));
      if (form === undefined) continue;
      const { start, end } = extentOf(text, at, form);
      masked += `${text.slice(done, Math.max(done, start))}${MASK}`;
      done = end;
      at = end - 1;
    }
    return done === 0 ? text : masked + text.slice(done);
  }

  /** Returns a JSON value in which all known secrets are masked, including those in the names of members. */
  mask(value: unknown): unknown {
    if (this.#secrets.size === 0) return value;
    if (typeof value === 'string') return this.maskText(value);
    if (typeof value === 'number') return this.#secrets.has(String(value)) ? MASK : value;
    if (Array.isArray(value)) return value.map((item) => this.mask(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [this.maskText(name), this.mask(item)]));
  }

  #sortedForms(): Map<number, SecretForm[]> {
    if (this.#forms !== null) return this.#forms;
    const forms = new Map<number, SecretForm[]>();
    this.#begins.fill(0);
    for (const form of [...this.#secrets].flatMap(formsOf)) {
      const hash = hashAt(form.text, 0);
      this.#begins[hash] = 1;
      const same = forms.get(hash) ?? [];
      same.push(form);
      forms.set(hash, same);
    }
    for (const same of forms.values()) same.sort((a, b) => b.text.length - a.text.length);
    this.#forms = forms;
    return forms;
  }
}

/** Returns a hash of the four characters at `at`. */
function hashAt(text: string, at: number): number {
  const first = text.charCodeAt(at) * 31 + text.charCodeAt(at + 1) * 997;
  return (first + text.charCodeAt(at + 2) * 7_919 + text.charCodeAt(at + 3) * 104_729) & (SLOTS - 1);
}

/**
 * Returns the range to mask for a form that was found at `at`. For base64, this includes the neighboring characters.
 */
function extentOf(text: string, at: number, form: SecretForm): { readonly start: number; readonly end: number } {
  const end = at + form.text.length;
  if (!form.isBase64) return { start: at, end };
  BASE64_END.lastIndex = end;
  BASE64_END.test(text);
  const start = at > 0 && BASE64_CHARACTER.test(text[at - 1] ?? '') ? at - 1 : at;
  return { start, end: BASE64_END.lastIndex };
}
