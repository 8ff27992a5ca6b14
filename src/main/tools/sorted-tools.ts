import type { ToolInfo } from './tool-info.ts';

/** A list of tools ordered by name that is kept: after a change those that changed are sorted and merged in, the rest is only copied. */
export class SortedTools {
  readonly #get: (name: string) => ToolInfo | undefined;
  readonly #changed = new Set<string>();
  #list: readonly ToolInfo[] = [];

  /** `get` knows each tool as it is now. */
  constructor(get: (name: string) => ToolInfo | undefined) {
    this.#get = get;
  }

  /** A tool may be there, another one or gone. */
  touch(name: string): void {
    this.#changed.add(name);
  }

  /** The same array until something changes. */
  list(): readonly ToolInfo[] {
    if (this.#changed.size > 0) {
      this.#list = this.#merged();
      this.#changed.clear();
    }
    return this.#list;
  }

  #merged(): ToolInfo[] {
    const news = [...this.#changed].sort().flatMap((name) => this.#get(name) ?? []);
    const merged: ToolInfo[] = [];
    let at = 0;
    for (const tool of this.#list) {
      if (this.#changed.has(tool.name)) continue;
      for (let next = news[at]; next !== undefined && next.name < tool.name; next = news[at]) {
        merged.push(next);
        at += 1;
      }
      merged.push(tool);
    }
    return [...merged, ...news.slice(at)];
  }
}
