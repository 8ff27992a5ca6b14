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
  /** True if a connector with this id exists. */
  readonly isKnown: (connectorId: string) => boolean;
  readonly isShown: (listed: Listed) => boolean;
}

/**
 * Maximum number of templates that one URI is compared with. Templates that do not begin like the URI are not counted.
 */
const MAX_TEMPLATES = 200;

/**
 * Finds the connector of a URI that a client sends. A URI that the gateway listed identifies its connector. A URI from
 * a tool's result may be in the connector's own form. Such a URI is resolved only if exactly one connector has it.
 */
export class ResourceLookup {
  readonly #deps: ResourceLookupDeps;

  constructor(deps: ResourceLookupDeps) {
    this.#deps = deps;
  }

  /**
   * Returns the resource with this URI. Null if the resource is unknown or hidden on the route. Throws an RpcError if
   * several connectors have the URI.
   */
  resource(exposed: string): ConnectorUri | null {
    const named = this.#named(exposed);
    if (named !== null) return this.#isResourceShown(named) ? named : null;
    const { uiLinks } = this.#deps;
    const owners = new Set([...this.#listing('resources', exposed), ...uiLinks.ownersOf(exposed)]);
    return this.#only(owners, exposed) ?? this.#only(this.#expanding(this.#all('templates'), exposed), exposed);
  }

  /**
   * Returns the resource template with this URI, or else the resource that {@link resource} finds. Null if the route
   * shows neither. Throws an RpcError if several connectors have the URI.
   */
  template(exposed: string): ConnectorUri | null {
    const named = this.#named(exposed);
    if (named !== null) return this.#isTemplateShown(named) ? named : null;
    const owners = this.#listing('templates', exposed);
    return this.#only(owners, exposed) ?? this.resource(exposed);
  }

  /**
   * Resolves a URI that begins with a connector's id and a plus sign. Returns null if no connector has that id: a
   * connector's own URI may contain a plus sign too, as in `git+https:`.
   */
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
   * True if the route shows this resource. The route's filter checks names, so the name of the resource must be known.
   * It is known if the URI is listed, matches a listed template or is the user interface of a tool. Any other URI is
   * not shown.
   */
  #isResourceShown({ connectorId, uri }: ConnectorUri): boolean {
    const { lists, route, uiLinks, isShown } = this.#deps;
    if (route.isUnfiltered || uiLinks.ownersOf(uri).has(connectorId)) return true;
    const listed = lists.of('resources', connectorId).filter(({ own }) => own === uri);
    // The filter checks a listed resource by the resource's own name, even if the filter would allow the name of a
    // matching template.
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
