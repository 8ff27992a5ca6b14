import { digestOf, type ServerTable } from '../tables/server-table.ts';
import type { ServersDocument } from './servers-document.ts';

/**
 * Creates the text of a `servers.json`, and caches the text of each entry. Only servers that changed since the last
 * call are read and serialized.
 */
export class ServersText {
  readonly #table: ServerTable;
  /** The entries in the order of the table. A server that was removed and added again comes last. */
  readonly #entries = new Map<string, { readonly position: number; readonly text: string }>();
  #revision = 0;

  constructor(table: ServerTable) {
    this.#table = table;
  }

  /**
   * Creates the text: first the fields of `rest`, then every server of the table except those whose names are in
   * `without`, then the invalid entries. The text is indented by two spaces.
   */
  render({ bad, rest }: Pick<ServersDocument, 'bad' | 'rest'>, without: ReadonlySet<string>): Buffer {
    this.#update();
    const bare = JSON.stringify({ ...rest, servers: [] }, null, 2);
    const texts = [...this.#entries].flatMap(([name, { text }]) => (without.has(name) ? [] : [text]));
    const all = [...texts, ...bad.map(({ value }) => textOf(value))];
    if (all.length === 0) return Buffer.from(`${bare}\n`);
    // The list is the last field of the document, so the document ends with the closing bracket, a line break and a
    // brace.
    return Buffer.from(`${bare.slice(0, -']\n}'.length)}\n${all.join(',\n')}\n  ]\n}\n`);
  }

  /** Whether the table has no servers. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Returns the checksum that a server had in the last text, or null if it was not part of it. */
  digestOf(name: string): string | null {
    const text = this.#entries.get(name)?.text;
    return text === undefined ? null : digestOf(JSON.stringify(JSON.parse(text)));
  }

  #update(): void {
    const { rows, revision } = this.#table.since(this.#revision);
    for (const { name, position, info } of rows) {
      if (info === null || this.#entries.get(name)?.position !== position) this.#entries.delete(name);
      if (info !== null) this.#entries.set(name, { position, text: textOf(info) });
    }
    this.#revision = revision;
  }
}

/**
 * Serializes an entry as `JSON.stringify` would within the list. Every line break can be indented, because JSON strings
 * contain none.
 */
function textOf(entry: unknown): string {
  return `    ${JSON.stringify(entry, null, 2).replaceAll('\n', '\n    ')}`;
}
