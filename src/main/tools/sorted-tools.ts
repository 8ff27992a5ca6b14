import type { ToolInfo } from './tool-info.ts';

/**
 * A cached list of tools, ordered by name. After a change, only the changed tools are sorted and merged in; all others
 * are copied.
 */
export class SortedTools {
  readonly #get: (name: string) => ToolInfo | undefined;
  readonly #changed = new Set<string>();
  #list: readonly ToolInfo[] = [];

  /** `get` returns the current state of each tool. */
  constructor(get: (name: string) => ToolInfo | undefined) {
    this.#get = get;
  }

  /** Marks a tool that was possibly added, changed or removed. */
  touch(name: string): void {
    this.#changed.add(name);
  }

  /** Returns the list. It is the same array until a tool changes. */
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
