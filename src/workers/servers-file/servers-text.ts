import { digestOf, type ServerTable } from '../tables/server-table.ts';
import type { ServersDocument } from './servers-document.ts';

/**
 * Renders the text of `servers.json`, cached by entry. Only servers that changed since the last call are read and
 * serialized; the texts of all other servers are copied.
 */
export class ServersText {
  readonly #table: ServerTable;
  /** The entries in the order of the table: a server that was removed and added again comes last. */
  readonly #entries = new Map<string, { readonly position: number; readonly text: string }>();
  #revision = 0;

  constructor(table: ServerTable) {
    this.#table = table;
  }

  /**
   * Renders every server of the table except those named in `without`, with the members of `rest` before them and the
   * bad entries after them. Indented by two spaces.
   */
  render({ bad, rest }: Pick<ServersDocument, 'bad' | 'rest'>, without: ReadonlySet<string>): Buffer {
    this.#update();
    const bare = JSON.stringify({ ...rest, servers: [] }, null, 2);
    const texts = [...this.#entries].flatMap(([name, { text }]) => (without.has(name) ? [] : [text]));
    const all = [...texts, ...bad.map(({ value }) => textOf(value))];
    if (all.length === 0) return Buffer.from(`${bare}\n`);
    // The list is the last member, so its closing bracket is followed only by the line break and the brace.
    return Buffer.from(`${bare.slice(0, -']\n}'.length)}\n${all.join(',\n')}\n  ]\n}\n`);
  }

  /** Whether there is no server. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Returns the checksum of a server as it was last rendered; null if it was not rendered. */
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
 * Serializes an entry as JSON.stringify would within the list. JSON strings contain no line breaks, so every line break
 * is formatting.
 */
function textOf(entry: unknown): string {
  return `    ${JSON.stringify(entry, null, 2).replaceAll('\n', '\n    ')}`;
}
