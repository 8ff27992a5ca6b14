import { formsOf, type SecretForm } from './secret-forms.ts';
import { MASK } from './secret-mask.ts';

/** Minimum length of a secret. Shorter values would be found everywhere. */
const MIN_LENGTH = 4;

/** Maximum number of secrets; the newest secrets are kept. Logins bring new tokens for as long as a process runs. */
const MAX_SECRETS = 1_000;

/** Number of slots in the table of beginnings; a power of two. */
const SLOTS = 65_536;

/** Matches a character of base64 or base64url next to a form. */
const BASE64_CHARACTER = /[A-Za-z0-9+/_-]/;
const BASE64_END = /[A-Za-z0-9+/_-]?(?:=|%3[Dd]){0,2}/y;

/**
 * Finds known secrets in messages and replaces them with the mask, however they are written ({@link formsOf}). The time
 * it takes does not grow with the number of secrets.
 */
export class SecretTexts {
  readonly #secrets = new Set<string>();
  /** Forms by the hash of their first four characters, the longest first. Null if they must be sorted again. */
  #forms: Map<number, SecretForm[]> | null = null;
  /** Holds 1 at each index that is the hash of a form's first four characters, and 0 elsewhere. */
  readonly #begins = new Uint8Array(SLOTS);

  /** Adds a secret to search for, and each of its lines. Values of fewer than 4 characters are skipped. */
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

  /** Returns a text with its secrets masked. */
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

  /** Returns a JSON value with its secrets masked, even in member names. */
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

/** Returns a hash of four characters. */
function hashAt(text: string, at: number): number {
  const first = text.charCodeAt(at) * 31 + text.charCodeAt(at + 1) * 997;
  return (first + text.charCodeAt(at + 2) * 7_919 + text.charCodeAt(at + 3) * 104_729) & (SLOTS - 1);
}

/** Returns the range to mask for a form that was found. */
function extentOf(text: string, at: number, form: SecretForm): { readonly start: number; readonly end: number } {
  const end = at + form.text.length;
  if (!form.isBase64) return { start: at, end };
  BASE64_END.lastIndex = end;
  BASE64_END.test(text);
  const start = at > 0 && BASE64_CHARACTER.test(text[at - 1] ?? '') ? at - 1 : at;
  return { start, end: BASE64_END.lastIndex };
}
