import { misuse } from '../flags/option-values.ts';

/** Maximum nesting of lists and objects. */
const MAX_DEPTH = 64;

const NUMBER = /[+-]?(?:0[xX][\da-fA-F]+|(?:\d[\d_]*)?\.?\d[\d_]*(?:[eE][+-]?\d+)?)/y;
const NAME = /[A-Za-z_$][\w$-]*/y;
const BLANKS = /(?:\s|\/\*[\s\S]*?\*\/)+/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', 0: '\0' };

const KEYWORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** A value that was read, with its original text if the value is a number. */
export interface Literal {
  readonly value: unknown;
  /** The number as it was written; null for a value that is not a number. */
  readonly number: string | null;
}

/**
 * Reads JavaScript literals: strings in any kind of quotes, numbers, `true`, `false`, `null`, lists, and objects whose
 * keys need no quotes. Accepts trailing commas. Throws OPTIONS_INVALID, with the column, for invalid syntax.
 */
export class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** If the next characters are `sign`, skips them and returns true. Otherwise returns false. */
  takes(sign: string): boolean {
    this.#skipBlanks();
    if (!this.#text.startsWith(sign, this.#at)) return false;
    this.#at += sign.length;
    return true;
  }

  /** Whether only blanks and comments are left. */
  get isAtEnd(): boolean {
    this.#skipBlanks();
    return this.#at >= this.#text.length;
  }

  /**
   * Reads a name and the `:` or `=` after the name, and returns the name. Returns null, and reads nothing, if the next
   * item is a value.
   */
  key(): string | null {
    this.#skipBlanks();
    const start = this.#at;
    const name = this.#isQuote() ? this.#string() : this.#match(NAME);
    if (name !== null && (this.takes(':') || this.takes('='))) return name;
    this.#at = start;
    return null;
  }

  value(depth = 0): Literal {
    this.#skipBlanks();
    if (depth > MAX_DEPTH) throw this.fault('the value is nested too deeply');
    if (this.#isQuote()) return { value: this.#string(), number: null };
    if (this.takes('[')) return { value: this.#list(depth), number: null };
    if (this.takes('{')) return { value: this.#object(depth), number: null };
    const number = this.#match(NUMBER);
    if (number !== null) return { value: numberOf(number), number };
    const start = this.#at;
    const word = this.#match(NAME);
    if (word !== null && KEYWORDS.has(word)) return { value: KEYWORDS.get(word), number: null };
    this.#at = start;
    throw this.fault(word === null ? 'a value is missing' : `${word} must be in quotes`);
  }

  /** Creates an error that names the column at which reading stopped. */
  fault(why: string): Error {
    return misuse(`The call cannot be read at column ${this.#at + 1}: ${why}`);
  }

  #list(depth: number): unknown[] {
    const items: unknown[] = [];
    while (!this.takes(']')) {
      items.push(this.value(depth + 1).value);
      if (!this.takes(',') && !this.#isNext(']')) throw this.fault('a comma or ] is missing');
    }
    return items;
  }

  #object(depth: number): Record<string, unknown> {
    const members: [string, unknown][] = [];
    while (!this.takes('}')) {
      const key = this.key();
      if (key === null) throw this.fault('a name and a colon are missing');
      members.push([key, this.value(depth + 1).value]);
      if (!this.takes(',') && !this.#isNext('}')) throw this.fault('a comma or } is missing');
    }
    return Object.fromEntries(members);
  }

  #isQuote(): boolean {
    return /["'`]/.test(this.#text[this.#at] ?? '');
  }

  #string(): string {
    const quote = this.#text[this.#at];
    let text = '';
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at] ?? '';
      if (character === quote) {
        this.#at += 1;
        return text;
      }
      text += character === '\\' ? this.#escaped() : character;
    }
    throw this.fault(`the closing quote ${quote} is missing`);
  }

  /**
   * Returns the character that an escape sequence stands for. The position is at the backslash before the call, and at
   * the last character of the sequence after the call.
   */
  #escaped(): string {
    this.#at += 1;
    const character = this.#text[this.#at] ?? '';
    const [, plain, braced, byte] =
      /^(?:u([\da-fA-F]{4})|u\{([\da-fA-F]{1,6})\}|x([\da-fA-F]{2}))/.exec(this.#text.slice(this.#at, this.#at + 10)) ??
      [];
    const code = plain ?? braced ?? byte;
    if (code === undefined) return ESCAPES[character] ?? character;
    this.#at += code.length + (braced === undefined ? 0 : 2);
    const point = Number.parseInt(code, 16);
    if (point > 0x10_ffff) throw this.fault('the escape sequence stands for no character');
    return String.fromCodePoint(point);
  }

  #isNext(sign: string): boolean {
    this.#skipBlanks();
    return this.#text.startsWith(sign, this.#at);
  }

  #skipBlanks(): void {
    this.#match(BLANKS);
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }
}

function numberOf(written: string): number {
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/.exec(written.replaceAll('_', '')) ?? [];
  return sign === '-' ? -Number(digits) : Number(digits);
}
