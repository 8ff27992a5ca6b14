import { toolId } from '../../../shared/tools/tool-id.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { ToolInfo } from '../../tools/tool-info.ts';
import { lowerBound, type Page, pageOf } from './pages.ts';
import type { Route } from './route.ts';

/** Marks a tool that is remembered from an earlier run, whose connector has not listed it since. */
const STALE_KEY = 'mcp-switchyard/stale';

const nameOf = ({ name }: ToolInfo): string => name;

/** What a tool is called by its connector's side of the manager: its id without the connector's. */
function ownName({ name, connectorId }: ToolInfo): string {
  return name.slice(connectorId.length + 1);
}

/**
 * The tools of the manager's snapshot as a route shows them. The first page is kept until a tool changes, and the JSON
 * of a tool until it does, so that a list costs what changed since the one before.
 */
export class ToolList {
  readonly #manager: ConnectorProxyManager;
  readonly #route: Route;
  readonly #json = new WeakMap<ToolInfo, string>();
  #first: Page | null = null;
  #listed: readonly ToolInfo[] = [];
  /** Of these, what the route shows. */
  #shown: readonly ToolInfo[] = [];
  /** Tools by an exposed name that cannot be taken apart. */
  readonly #renamed = new Map<string, string>();

  constructor(manager: ConnectorProxyManager, route: Route) {
    this.#manager = manager;
    this.#route = route;
  }

  /** Throws an RpcError for a cursor that is none. */
  page(cursor: unknown): Page {
    const all = this.#manager.listTools();
    if (all !== this.#listed) {
      this.#listed = all;
      this.#shown = this.#ofRoute(all);
      this.#first = null;
    }
    if (cursor === undefined && this.#first !== null) return this.#first;
    const page = pageOf(this.#shown, { keyOf: nameOf, write: (tool) => this.#write(tool) }, cursor);
    if (cursor === undefined) this.#first = page;
    return page;
  }

  /** The manager's name of the tool that is called so here; null if there is none, or if the route does not show it. */
  resolve(exposed: string): string | null {
    const parts = this.#route.split(exposed);
    if (parts === null) return this.#lookUp(exposed);
    const { connectorId, name } = parts;
    if (!this.#route.isAllowed(this.#route.fullName(connectorId, name))) return null;
    const id = toolId(connectorId, name);
    // Ids may hold dots as names may: what is so called may be another connector's, which this route does not show.
    const isSure = !name.includes('.') || this.#manager.tool(id)?.connectorId === connectorId;
    return isSure ? id : null;
  }

  /** Whether a tool of this name is listed now, so that the name is known to be one of a tool. */
  lists(exposed: string): boolean {
    const id = this.resolve(exposed);
    return id !== null && this.#manager.tool(id) !== undefined;
  }

  /** Notes that tools came or went. */
  changed(connectorId: string, added: readonly string[], removed: readonly string[]): void {
    for (const id of removed) this.#renamed.delete(this.#route.expose(connectorId, id.slice(connectorId.length + 1)));
    for (const id of added) {
      const exposed = this.#route.expose(connectorId, id.slice(connectorId.length + 1));
      if (this.#route.split(exposed) === null) this.#renamed.set(exposed, id);
    }
  }

  #lookUp(exposed: string): string | null {
    return this.#route.isAllowed(exposed) ? (this.#renamed.get(exposed) ?? null) : null;
  }

  #ofRoute(all: readonly ToolInfo[]): readonly ToolInfo[] {
    const { connectorId, isUnfiltered } = this.#route;
    const shown = isUnfiltered ? all : all.filter((tool) => this.#isShown(tool));
    if (connectorId === null) return shown;
    // Other ids may begin with this one and a dot.
    return shown
      .slice(lowerBound(shown, nameOf, `${connectorId}.`), lowerBound(shown, nameOf, `${connectorId}/`))
      .filter((tool) => tool.connectorId === connectorId);
  }

  #isShown(tool: ToolInfo): boolean {
    return this.#route.isAllowed(this.#route.fullName(tool.connectorId, ownName(tool)));
  }

  #write(tool: ToolInfo): string {
    const known = this.#json.get(tool);
    if (known !== undefined) return known;
    const { connectorId, definition, isStale } = tool;
    const name = this.#route.expose(connectorId, ownName(tool));
    const meta = isStale ? { _meta: { ...asObject(definition._meta), [STALE_KEY]: true } } : {};
    const json = JSON.stringify({ ...definition, name, ...meta });
    this.#json.set(tool, json);
    return json;
  }
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
