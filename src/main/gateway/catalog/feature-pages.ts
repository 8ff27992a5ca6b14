import { NAME_MEMBERS } from '../../mcp/definitions/definition.ts';
import type { WireRevision } from '../../mcp/definitions/wire-revision.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import { type FeatureLists, keyOf } from './feature-lists.ts';
import { createSelection, type Page, pageOf } from './pages.ts';
import { FEATURE_KINDS, type Feature, type Listed } from './read-feature.ts';
import type { Route } from './route.ts';
import { shownDefinition } from './shown-definitions.ts';

/** What a connector lists besides tools, as a route shows it. */
export class FeaturePages {
  readonly #lists: FeatureLists;
  readonly #route: Route;
  #prompts: { readonly of: readonly Listed[]; readonly byName: ReadonlyMap<string, Listed> } = {
    of: [],
    byName: new Map(),
  };

  readonly #shown: { readonly [F in Feature]: (list: readonly Listed[]) => readonly Listed[] };

  constructor(lists: FeatureLists, route: Route) {
    const shown = (): ((list: readonly Listed[]) => readonly Listed[]) =>
      createSelection((listed: Listed) => this.#isShown(listed));
    this.#shown = { prompts: shown(), resources: shown(), templates: shown() };
    this.#lists = lists;
    this.#route = route;
  }

  /** Throws an RpcError for a cursor that is none. */
  page(feature: Feature, cursor: unknown, revision: WireRevision): Page {
    const list = this.#route.isUnfiltered ? this.#ofRoute(feature) : this.#shown[feature](this.#ofRoute(feature));
    return pageOf(list, { keyOf, write: (listed) => this.#write(feature, listed, revision) }, cursor);
  }

  /** The prompt that is called so here; null if there is none, or if the route does not show it. */
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
   * The resource that a URI stands for here. One that names no connector, as tools may mention, is that of the only
   * connector that lists it. Null if there is none, or if the route does not show it.
   */
  resource(exposed: string): { readonly connectorId: string; readonly uri: string } | null {
    const named = this.#route.resolveUri(exposed);
    if (named !== null) return this.#isUriShown(named.connectorId, named.uri) ? named : null;
    const owners = this.#ofRoute('resources').filter((listed) => listed.own === exposed && this.#isShown(listed));
    const [only] = owners;
    return owners.length === 1 && only !== undefined ? { connectorId: only.connectorId, uri: exposed } : null;
  }

  /** What a completion is about, as its connector calls it; null if the route shows no such thing. */
  reference(ref: JsonObject): { readonly connectorId: string; readonly ref: JsonObject } | null {
    if (ref.type === 'ref/prompt' && typeof ref.name === 'string') {
      const found = this.prompt(ref.name);
      return found === null ? null : { connectorId: found.connectorId, ref: { ...ref, name: found.name } };
    }
    if (ref.type !== 'ref/resource' || typeof ref.uri !== 'string') return null;
    const found = this.#route.resolveUri(ref.uri);
    if (found === null || !this.#isUriShown(found.connectorId, found.uri, 'templates')) return null;
    return { connectorId: found.connectorId, ref: { ...ref, uri: found.uri } };
  }

  /** The prompts by their exposed names, made anew when they change. */
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

  /** A filter knows a resource by its name, so one that is not listed could be any. */
  #isUriShown(connectorId: string, uri: string, feature: Feature = 'resources'): boolean {
    if (this.#route.isUnfiltered) return true;
    return this.#lists.of(feature, connectorId).some((listed) => listed.own === uri && this.#isShown(listed));
  }

  #isShown({ connectorId, own, item }: Listed): boolean {
    const name = typeof item.name === 'string' ? item.name : own;
    return this.#route.isAllowed(this.#route.fullName(connectorId, name));
  }

  /** The JSON of an entry; null for one that this revision does not show. */
  #write(feature: Feature, { connectorId, item, own }: Listed, revision: WireRevision): string | null {
    const kind = FEATURE_KINDS[feature];
    const view = shownDefinition(kind, item, revision);
    if (view === null) return null;
    const isNamed = feature === 'prompts';
    const exposed = isNamed ? this.#route.expose(connectorId, own) : this.#route.exposeUri(connectorId, own);
    return JSON.stringify({ ...view, [NAME_MEMBERS[kind]]: exposed });
  }
}
