import { parse } from 'smol-toml';

type Path = readonly (string | number)[];

/** Offsets at which the keys and values of a TOML document begin. */
export interface TomlPlaces {
  keyAt(path: Path): number | undefined;
  valueAt(path: Path): number | undefined;
}

/**
 * Finds the positions of keys and values. The parser smol-toml returns plain values without positions. `text` must be
 * valid TOML.
 */
export function tomlPlaces(text: string): TomlPlaces {
  const scan = new TomlScan(text);
  scan.document();
  return {
    keyAt: (path) => scan.keys.get(JSON.stringify(path)),
    valueAt: (path) => scan.values.get(JSON.stringify(path)),
  };
}

interface Key {
  readonly name: string;
  readonly offset: number;
}

/** Scans a TOML document for keys and values. The document is known to be valid, so the scan skips all other text. */
class TomlScan {
  readonly keys = new Map<string, number>();
  readonly values = new Map<string, number>();
  readonly #text: string;
  /** For each array of tables: the number of tables that were found so far. */
  readonly #tables = new Map<string, number>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    let table: Path = [];
    for (this.#blanks(); this.#at < this.#text.length; this.#blanks()) {
      if (this.#text[this.#at] === '[') table = this.#header();
      else this.#pair(table);
    }
  }

  #header(): Path {
    const start = this.#at;
    const isArray = this.#text[start + 1] === '[';
    this.#at += isArray ? 2 : 1;
    const names = this.#dottedKey(']');
    this.#at += isArray ? 2 : 1;
    let path: Path = [];
    for (const [index, { name, offset }] of names.entries()) {
      const isLast = index === names.length - 1;
      path = [...path, name];
      this.#note(this.keys, path, offset, isLast);
      this.#note(this.values, path, start, isLast && !isArray);
      path = this.#intoTables(path, isLast && isArray);
    }
    if (isArray) this.#note(this.values, path, start, true);
    return path;
  }

  /**
   * If `path` leads to an array of tables, appends the index of a new table if `isNew` is true, or else the index of
   * the last table. Returns any other path unchanged.
   */
  #intoTables(path: Path, isNew: boolean): Path {
    const id = JSON.stringify(path);
    const count = this.#tables.get(id) ?? 0;
    if (isNew) this.#tables.set(id, count + 1);
    if (isNew) return [...path, count];
    return count > 0 ? [...path, count - 1] : path;
  }

  #pair(table: Path): void {
    const names = this.#dottedKey('=');
    this.#at += 1;
    let path = table;
    for (const [index, { name, offset }] of names.entries()) {
      path = [...path, name];
      const isLast = index === names.length - 1;
      this.#note(this.keys, path, offset, isLast);
      if (!isLast) this.#note(this.values, path, offset, false);
    }
    this.#value(path);
  }

  /**
   * Records the position of a name. The position where the name is defined takes precedence over a position where
   * another key implies the name.
   */
  #note(places: Map<string, number>, path: Path, offset: number, isDefinition: boolean): void {
    const id = JSON.stringify(path);
    if (isDefinition || !places.has(id)) places.set(id, offset);
  }

  #dottedKey(end: string): Key[] {
    const keys: Key[] = [];
    for (this.#spaces(); this.#at < this.#text.length && this.#text[this.#at] !== end; this.#spaces()) {
      const offset = this.#at;
      if (this.#text[offset] === '.') {
        this.#at += 1;
        continue;
      }
      const isQuoted = this.#text[offset] === '"' || this.#text[offset] === "'";
      if (isQuoted) this.#string();
      else this.#at = this.#endOf(/[^\w-]/g);
      const written = this.#text.slice(offset, this.#at);
      keys.push({ name: isQuoted ? String(parse(`k = ${written}`).k) : written, offset });
      if (this.#at === offset) this.#at += 1;
    }
    return keys;
  }

  #value(path: Path): void {
    this.#spaces();
    this.#note(this.values, path, this.#at, true);
    const letter = this.#text[this.#at];
    if (letter === '[') this.#array(path);
    else if (letter === '{') this.#inlineTable(path);
    else if (letter === '"' || letter === "'") this.#string();
    else this.#at = this.#endOf(/[,\]}#\r\n]/g);
  }

  #array(path: Path): void {
    this.#at += 1;
    let index = 0;
    for (this.#blanks(); this.#at < this.#text.length && this.#text[this.#at] !== ']'; this.#blanks()) {
      if (this.#text[this.#at] === ',') this.#at += 1;
      else this.#value([...path, index++]);
    }
    this.#at += 1;
  }

  #inlineTable(path: Path): void {
    this.#at += 1;
    for (this.#blanks(); this.#at < this.#text.length && this.#text[this.#at] !== '}'; this.#blanks()) {
      if (this.#text[this.#at] === ',') this.#at += 1;
      else this.#pair(path);
    }
    this.#at += 1;
  }

  #string(): void {
    const quote = this.#text[this.#at] ?? '';
    const isLong = this.#text.startsWith(quote.repeat(3), this.#at);
    const end = isLong ? quote.repeat(3) : quote;
    this.#at += end.length;
    while (this.#at < this.#text.length && !this.#text.startsWith(end, this.#at))
      this.#at += quote === '"' && this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at += end.length;
    // The content of a multi-line string may end with one or two quotes, right before the closing quotes.
    while (isLong && this.#text[this.#at] === quote) this.#at += 1;
  }

  #endOf(stop: RegExp): number {
    stop.lastIndex = this.#at;
    return stop.exec(this.#text)?.index ?? this.#text.length;
  }

  #spaces(): void {
    this.#at = this.#endOf(/[^ \t]/g);
  }

  /** Skips whitespace, line breaks and comments. */
  #blanks(): void {
    this.#at = this.#endOf(/[^\s\ufeff]/g);
    while (this.#text[this.#at] === '#') {
      this.#at = this.#endOf(/\n/g);
      this.#at = this.#endOf(/[^\s\ufeff]/g);
    }
  }
}
