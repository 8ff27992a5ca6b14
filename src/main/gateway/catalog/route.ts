import type { ExposedNames } from './exposed-names.ts';
import { ALL_NAMES, type NameFilter } from './filter/name-filter.ts';
import { exposeUri, resolveUri } from './uris/resource-uris.ts';

/** One route into the gateway: which connectors clients see on it, and under which names. */
export interface Route {
  /** Unique name of the route. */
  readonly name: string;
  /** The only connector that the route shows; null for all connectors. */
  readonly connectorId: string | null;
  /** Filters tools, prompts and resources by their full names (see `fullName`), even on a route to one connector. */
  readonly isAllowed: NameFilter;
  /** Whether the route shows everything. */
  readonly isUnfiltered: boolean;
  /** Returns the name of a connector's tool or prompt on this route. */
  expose(connectorId: string, name: string): string;
  /** Returns the name that the route of all connectors exposes. Filters are applied to this name. */
  fullName(connectorId: string, name: string): string;
  /**
   * Splits a name into the connector's id and its own name for the item. Null for a name that can only be looked up.
   */
  split(exposed: string): { readonly connectorId: string; readonly name: string } | null;
  exposeUri(connectorId: string, uri: string): string;
  /** Resolves a URI to its connector. Null for a URI that identifies no connector. */
  resolveUri(exposed: string): { readonly connectorId: string; readonly uri: string } | null;
}

/**
 * True if a route forwards everything that a connector sends. A filtered route forwards a message only if the message
 * has a name that the filter can check.
 */
export function shows({ connectorId: only, isUnfiltered }: Route, connectorId: string): boolean {
  return isUnfiltered && (only === null || only === connectorId);
}

/** Creates a route to all connectors. Exposed names and URIs contain the connector's id, which keeps them distinct. */
export function sharedRoute(name: string, names: ExposedNames, isAllowed: NameFilter): Route {
  return {
    name,
    connectorId: null,
    isAllowed,
    isUnfiltered: isAllowed === ALL_NAMES,
    expose: names.expose,
    fullName: names.expose,
    split: names.split,
    exposeUri,
    resolveUri,
  };
}

/** Creates a route to one connector, with the connector's own names and URIs. */
export function singleRoute(connectorId: string, names: ExposedNames, isAllowed: NameFilter): Route {
  return {
    name: `connector ${connectorId}`,
    connectorId,
    isAllowed,
    isUnfiltered: isAllowed === ALL_NAMES,
    expose: (_, name) => name,
    fullName: names.expose,
    split: (name) => ({ connectorId, name }),
    exposeUri: (_, uri) => uri,
    resolveUri: (uri) => ({ connectorId, uri }),
  };
}
