import { toolId } from '../../../shared/tools/tool-id.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { dropped } from '../../mcp/definitions/list-item.ts';
import type { WireRevision } from '../../mcp/definitions/wire-revision.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { ToolInfo } from '../../tools/tool-info.ts';
import { lowerBound, MAX_ENTRY_LENGTH, type Page, pageOf } from './pages.ts';
import type { Route } from './route.ts';
import { shownDefinition } from './shown-definitions.ts';
import { exposeUiLinks } from './uris/ui-meta.ts';

/** Marks a tool that was restored from an earlier run and has not been listed by its connector since. */
const STALE_KEY = 'mcp-switchyard/stale';

const nameOf = ({ name }: ToolInfo): string => name;

/** Source of the tools that a {@link ToolList} shows. */
export interface ListedTools {
  /** Returns all tools, ordered by name. Returns a different array after each change. */
  listTools(): readonly ToolInfo[];
  tool(name: string): ToolInfo | undefined;
  readonly droppedDefinitions: Pick<ConnectorProxyManager['droppedDefinitions'], 'add'>;
}

/** Returns the connector's own name of a tool: the tool id without the connector's prefix. */
function ownName({ name, connectorId }: ToolInfo): string {
  return name.slice(connectorId.length + 1);
}

/**
 * Tools of the manager's snapshot as a route shows them, in the revision of the client. The first page is cached until
 * a tool changes, and the JSON of a tool until that tool changes. So the cost of a list depends only on the changes
 * since the previous list.
 */
export class ToolList {
  readonly #manager: ListedTools;
  readonly #route: Route;
  /** JSON of each tool, by the definition that clients see. Most tools have the same definition for all revisions. */
  readonly #json = new WeakMap<ToolInfo, Map<JsonObject, string>>();
  readonly #first = new Map<WireRevision, Page>();
  #listed: readonly ToolInfo[] = [];
  /** The tools of `#listed` that the route shows. */
  #shown: readonly ToolInfo[] = [];
  /**
   * Tool ids by hashed exposed name, and hashed exposed names by tool id. A hashed name cannot be split into its parts.
   */
  readonly #renamed = new Map<string, string>();
  readonly #nameOf = new Map<string, string>();

  constructor(manager: ListedTools, route: Route) {
    this.#manager = manager;
    this.#route = route;
    this.changed(manager.listTools().map(nameOf));
  }

  /** Returns one page of the list. Throws an RpcError for a malformed cursor. */
  page(cursor: unknown, revision: WireRevision): Page {
    const all = this.#manager.listTools();
    if (all !== this.#listed) {
      this.#listed = all;
      this.#shown = this.#ofRoute(all);
      this.#first.clear();
    }
    const first = cursor === undefined ? this.#first.get(revision) : undefined;
    if (first !== undefined) return first;
    const page = pageOf(this.#shown, { keyOf: nameOf, write: (tool) => this.#write(tool, revision) }, cursor);
    if (cursor === undefined) this.#first.set(revision, page);
    return page;
  }

  /**
   * Returns the manager's name of the tool with this exposed name. Null if it is unknown or the route does not show it.
   */
  resolve(exposed: string): string | null {
    const parts = this.#route.split(exposed);
    if (parts === null) return this.#lookUp(exposed);
    const { connectorId, name } = parts;
    if (!this.#route.isAllowed(this.#route.fullName(connectorId, name))) return null;
    const id = toolId(connectorId, name);
    // Connector ids and tool names may both contain dots. So this id may belong to a tool of another connector, which
    // this route hides.
    const isSure = !name.includes('.') || this.#manager.tool(id)?.connectorId === connectorId;
    return isSure ? id : null;
  }

  /** True if a tool with this name is listed now. */
  lists(exposed: string): boolean {
    const id = this.resolve(exposed);
    return id !== null && this.#manager.tool(id) !== undefined;
  }

  /**
   * Updates the cached names after tools with these ids were added, changed or removed. An id may now belong to a tool
   * of another connector, which has a different exposed name.
   */
  changed(ids: readonly string[]): void {
    for (const id of ids) {
      const before = this.#nameOf.get(id);
      if (before !== undefined) this.#renamed.delete(before);
      this.#nameOf.delete(id);
      const tool = this.#manager.tool(id);
      const exposed = tool === undefined ? null : this.#route.expose(tool.connectorId, ownName(tool));
      if (exposed === null || this.#route.split(exposed) !== null) continue;
      this.#renamed.set(exposed, id);
      this.#nameOf.set(id, exposed);
    }
  }

  #lookUp(exposed: string): string | null {
    return this.#route.isAllowed(exposed) ? (this.#renamed.get(exposed) ?? null) : null;
  }

  #ofRoute(all: readonly ToolInfo[]): readonly ToolInfo[] {
    const { connectorId, isUnfiltered } = this.#route;
    const shown = isUnfiltered ? all : all.filter((tool) => this.#isShown(tool));
    if (connectorId === null) return shown;
    // The id of another connector may begin with this id and a dot. So the range may also contain tools of other
    // connectors.
    return shown
      .slice(lowerBound(shown, nameOf, `${connectorId}.`), lowerBound(shown, nameOf, `${connectorId}/`))
      .filter((tool) => tool.connectorId === connectorId);
  }

  #isShown(tool: ToolInfo): boolean {
    return this.#route.isAllowed(this.#route.fullName(tool.connectorId, ownName(tool)));
  }

  /** Returns the JSON of a tool, or null if this revision does not show it. */
  #write(tool: ToolInfo, revision: WireRevision): string | null {
    const view = shownDefinition('tool', tool.definition, revision);
    if (view === null) return null;
    const written = this.#json.get(tool) ?? new Map<JsonObject, string>();
    this.#json.set(tool, written);
    const json = written.get(view) ?? this.#writeView(tool, view);
    written.set(view, json);
    if (json.length <= MAX_ENTRY_LENGTH) return json;
    const { connectorId, definition } = tool;
    this.#manager.droppedDefinitions.add(connectorId, dropped('tool', definition.name, 'too-large'));
    return null;
  }

  #writeView(tool: ToolInfo, view: JsonObject): string {
    const { connectorId, isStale } = tool;
    const name = this.#route.expose(connectorId, ownName(tool));
    const meta = isStale ? { _meta: { ...asObject(view._meta), [STALE_KEY]: true } } : {};
    const shown = exposeUiLinks({ ...view, ...meta }, (uri) => this.#route.exposeUri(connectorId, uri));
    return JSON.stringify({ ...shown, name });
  }
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
