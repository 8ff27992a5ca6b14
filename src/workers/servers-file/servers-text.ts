import { digestOf, type ServerTable } from '../tables/server-table.ts';
import type { ServersDocument } from './servers-document.ts';

/**
 * The text that `servers.json` should have, kept entry by entry: of 10 000 servers, those that changed since the
 * last time are read and written anew, the others are only copied.
 */
export class ServersText {
  readonly #table: ServerTable;
  /** In the order of the table: one that was removed and comes back is the last. */
  readonly #entries = new Map<string, { readonly position: number; readonly text: string }>();
  #revision = 0;

  constructor(table: ServerTable) {
    this.#table = table;
  }

  /**
   * The text of every server of the table but those named `without`, the members of `rest` before them and the bad
   * entries after them; two spaces deep.
   */
  render({ bad, rest }: Pick<ServersDocument, 'bad' | 'rest'>, without: ReadonlySet<string>): Buffer {
    this.#update();
    const bare = JSON.stringify({ ...rest, servers: [] }, null, 2);
    const texts = [...this.#entries].flatMap(([name, { text }]) => (without.has(name) ? [] : [text]));
    const all = [...texts, ...bad.map(({ value }) => textOf(value))];
    if (all.length === 0) return Buffer.from(`${bare}\n`);
    // The list is the last member: what comes after its two brackets is the line break and the brace.
    return Buffer.from(`${bare.slice(0, -']\n}'.length)}\n${all.join(',\n')}\n  ]\n}\n`);
  }

  /** Whether there is no server. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** The checksum of what was last rendered of a server; null where there was none. */
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
 * A member of the list, as JSON.stringify would have it there. Strings in JSON hold no line breaks, so each is one
 * of the form.
 */
function textOf(entry: unknown): string {
  return `    ${JSON.stringify(entry, null, 2).replaceAll('\n', '\n    ')}`;
}
