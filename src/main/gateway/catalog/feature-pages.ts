import { NAME_MEMBERS } from '../../mcp/definitions/definition.ts';
import type { WireRevision } from '../../mcp/definitions/wire-revision.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import { type FeatureLists, keyOf } from './feature-lists.ts';
import { createSelection, type Page, pageOf } from './pages.ts';
import { FEATURE_KINDS, type Feature, type Listed } from './read-feature.ts';
import { ResourceLookup, type ResourceLookupDeps } from './resource-lookup.ts';
import type { Route } from './route.ts';
import { shownDefinition } from './shown-definitions.ts';
import type { ConnectorUri } from './uris/resource-uris.ts';
import { exposeUiLinks } from './uris/ui-meta.ts';

/** Prompts, resources and resource templates of connectors, as a route shows them. */
export class FeaturePages {
  readonly #lists: FeatureLists;
  readonly #route: Route;
  readonly #lookup: ResourceLookup;
  #prompts: { readonly of: readonly Listed[]; readonly byName: ReadonlyMap<string, Listed> } = {
    of: [],
    byName: new Map(),
  };

  readonly #shown: { readonly [F in Feature]: (list: readonly Listed[]) => readonly Listed[] };

  constructor(deps: Omit<ResourceLookupDeps, 'isShown'>) {
    const shown = (): ((list: readonly Listed[]) => readonly Listed[]) =>
      createSelection((listed: Listed) => this.#isShown(listed));
    this.#shown = { prompts: shown(), resources: shown(), templates: shown() };
    this.#lists = deps.lists;
    this.#route = deps.route;
    this.#lookup = new ResourceLookup({ ...deps, isShown: (listed) => this.#isShown(listed) });
  }

  /** Returns one page of a feature's list. Throws an RpcError for a malformed cursor. */
  page(feature: Feature, cursor: unknown, revision: WireRevision): Page {
    const list = this.#route.isUnfiltered ? this.#ofRoute(feature) : this.#shown[feature](this.#ofRoute(feature));
    return pageOf(list, { keyOf, write: (listed) => this.#write(feature, listed, revision) }, cursor);
  }

  /** Returns the prompt with this exposed name. Null if it is unknown or the route does not show it. */
  prompt(exposed: string): { readonly connectorId: string; readonly name: string } | null {
    const parts = this.#route.split(exposed);
    if (parts !== null)
      return this.#route.isAllowed(this.#route.fullName(parts.connectorId, parts.name)) ? parts : null;
    const listed = this.#renamedPrompts().get(exposed);
    return listed === undefined || !this.#isShown(listed)
      ? null
      : { connectorId: listed.connectorId, name: listed.own };
  }

  /**
   * Returns the resource with this URI, which may or may not have the prefix of its connector. Null if it is unknown or
   * the route does not show it. Throws an RpcError if several connectors have the URI.
   */
  resource(exposed: string): ConnectorUri | null {
    return this.#lookup.resource(exposed);
  }

  /**
   * Returns the prompt or resource template that a completion is for, under its connector's own name. Null if the route
   * does not show it. Throws an RpcError if several connectors have the template.
   */
  reference(ref: JsonObject): { readonly connectorId: string; readonly ref: JsonObject } | null {
    if (ref.type === 'ref/prompt' && typeof ref.name === 'string') {
      const found = this.prompt(ref.name);
      return found === null ? null : { connectorId: found.connectorId, ref: { ...ref, name: found.name } };
    }
    if (ref.type !== 'ref/resource' || typeof ref.uri !== 'string') return null;
    const found = this.#lookup.template(ref.uri);
    return found === null ? null : { connectorId: found.connectorId, ref: { ...ref, uri: found.uri } };
  }

  /** Prompts by exposed name, rebuilt when the list changes. */
  #renamedPrompts(): ReadonlyMap<string, Listed> {
    const all = this.#ofRoute('prompts');
    if (this.#prompts.of !== all) {
      const names = all.map((listed) => [this.#route.expose(listed.connectorId, listed.own), listed] as const);
      this.#prompts = { of: all, byName: new Map(names) };
    }
    return this.#prompts.byName;
  }

  #ofRoute(feature: Feature): readonly Listed[] {
    const { connectorId } = this.#route;
    return connectorId === null ? this.#lists.all(feature) : this.#lists.of(feature, connectorId);
  }

  #isShown({ connectorId, own, item }: Listed): boolean {
    const name = typeof item.name === 'string' ? item.name : own;
    return this.#route.isAllowed(this.#route.fullName(connectorId, name));
  }

  /** Returns the JSON of an item, or null if clients of this revision do not see it. */
  #write(feature: Feature, { connectorId, item, own }: Listed, revision: WireRevision): string | null {
    const kind = FEATURE_KINDS[feature];
    const view = shownDefinition(kind, item, revision);
    if (view === null) return null;
    const expose = (uri: string): string => this.#route.exposeUri(connectorId, uri);
    const exposed = feature === 'prompts' ? this.#route.expose(connectorId, own) : expose(own);
    return JSON.stringify({ ...exposeUiLinks(view, expose), [NAME_MEMBERS[kind]]: exposed });
  }
}
