import { ambiguousResource } from '../messages/rpc-errors.ts';
import type { FeatureLists } from './feature-lists.ts';
import type { Feature, Listed } from './read-feature.ts';
import type { Route } from './route.ts';
import type { UiLinks } from './ui-links.ts';
import type { ConnectorUri } from './uris/resource-uris.ts';
import { matchesTemplate, templatePrefix } from './uris/uri-template.ts';

export interface ResourceLookupDeps {
  readonly lists: FeatureLists;
  readonly route: Route;
  readonly uiLinks: UiLinks;
  /** Whether there is a connector of that id. */
  readonly isKnown: (connectorId: string) => boolean;
  readonly isShown: (listed: Listed) => boolean;
}

/** Templates that one URI is compared with, of those that begin like it. */
const MAX_TEMPLATES = 200;

/**
 * Finds the connector of a URI that a client sends. The URI names its connector, as those of the lists do, or it is one
 * that a tool printed: then it belongs to the only connector that has it.
 */
export class ResourceLookup {
  readonly #deps: ResourceLookupDeps;

  constructor(deps: ResourceLookupDeps) {
    this.#deps = deps;
  }

  /**
   * The resource of a URI; null if there is none, or if the route does not show it. Throws an RpcError if several
   * connectors have it.
   */
  resource(exposed: string): ConnectorUri | null {
    const named = this.#named(exposed);
    if (named !== null) return this.#isResourceShown(named) ? named : null;
    const { uiLinks } = this.#deps;
    const owners = new Set([...this.#listing('resources', exposed), ...uiLinks.ownersOf(exposed)]);
    return this.#only(owners, exposed) ?? this.#only(this.#expanding(this.#all('templates'), exposed), exposed);
  }

  /**
   * The resource template of a URI, or that of a resource that is an expansion of one; null if the route shows no such
   * thing. Throws an RpcError if several connectors have it.
   */
  template(exposed: string): ConnectorUri | null {
    const named = this.#named(exposed);
    if (named !== null) return this.#isTemplateShown(named) ? named : null;
    const owners = this.#listing('templates', exposed);
    return this.#only(owners, exposed) ?? this.resource(exposed);
  }

  /** A URI that names a connector. A plus sign in the scheme, as in `git+https:`, need not be the gateway's. */
  #named(exposed: string): ConnectorUri | null {
    const named = this.#deps.route.resolveUri(exposed);
    return named !== null && this.#deps.isKnown(named.connectorId) ? named : null;
  }

  #only(owners: ReadonlySet<string>, uri: string): ConnectorUri | null {
    const { route } = this.#deps;
    const [only] = owners;
    if (owners.size > 1) throw ambiguousResource(uri, [...owners].map((id) => route.exposeUri(id, uri)).sort());
    return only === undefined ? null : { connectorId: only, uri };
  }

  #listing(feature: Feature, uri: string): ReadonlySet<string> {
    const listing = this.#all(feature).filter((listed) => listed.own === uri && this.#deps.isShown(listed));
    return new Set(listing.map(({ connectorId }) => connectorId));
  }

  #expanding(templates: readonly Listed[], uri: string): ReadonlySet<string> {
    const { isShown } = this.#deps;
    const alike = templates.filter((listed) => uri.startsWith(templatePrefix(listed.own)) && isShown(listed));
    const matching = alike.slice(0, MAX_TEMPLATES).filter(({ own }) => matchesTemplate(own, uri));
    return new Set(matching.map(({ connectorId }) => connectorId));
  }

  /**
   * A filter knows a resource by its name, so a URI that is neither listed, nor an expansion of a listed template,
   * nor the user interface of a tool could be any resource.
   */
  #isResourceShown({ connectorId, uri }: ConnectorUri): boolean {
    const { lists, route, uiLinks, isShown } = this.#deps;
    if (route.isUnfiltered || uiLinks.ownersOf(uri).has(connectorId)) return true;
    const listed = lists.of('resources', connectorId).filter(({ own }) => own === uri);
    // The name of a listed resource decides, even if a template would let it through.
    if (listed.length > 0) return listed.some(isShown);
    return this.#expanding(lists.of('templates', connectorId), uri).size > 0;
  }

  #isTemplateShown({ connectorId, uri }: ConnectorUri): boolean {
    const { lists, route, isShown } = this.#deps;
    if (route.isUnfiltered) return true;
    const isListed = lists.of('templates', connectorId).some((listed) => listed.own === uri && isShown(listed));
    return isListed || this.#isResourceShown({ connectorId, uri });
  }

  #all(feature: Feature): readonly Listed[] {
    const { lists, route } = this.#deps;
    return route.connectorId === null ? lists.all(feature) : lists.of(feature, route.connectorId);
  }
}
