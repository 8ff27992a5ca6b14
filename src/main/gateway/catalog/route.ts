import type { ExposedNames } from './exposed-names.ts';
import { ALL_NAMES, type NameFilter } from './filter/name-filter.ts';
import { exposeUri, resolveUri } from './uris/resource-uris.ts';

/** One way into the gateway: which connectors it shows, and under which names. */
export interface Route {
  /** Tells it from any other. */
  readonly name: string;
  /** The one connector that it shows; null for all. */
  readonly connectorId: string | null;
  /** Judges names as they are exposed among all connectors, on a route of one connector too. */
  readonly isAllowed: NameFilter;
  /** Whether it shows everything. */
  readonly isUnfiltered: boolean;
  /** The name of a connector's tool or prompt on this route. */
  expose(connectorId: string, name: string): string;
  /** Its name among all connectors, which filters judge. */
  fullName(connectorId: string, name: string): string;
  /** The connector and its own name; null for a name that can only be looked up. */
  split(exposed: string): { readonly connectorId: string; readonly name: string } | null;
  exposeUri(connectorId: string, uri: string): string;
  /** Null for a URI that names no connector. */
  resolveUri(exposed: string): { readonly connectorId: string; readonly uri: string } | null;
}

/**
 * Whether everything that a connector says may be heard on a route. A route that shows only some names shows nothing
 * that has no name.
 */
export function shows({ connectorId: only, isUnfiltered }: Route, connectorId: string): boolean {
  return isUnfiltered && (only === null || only === connectorId);
}

/** All connectors, told apart by their ids. */
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

/** One connector, everything as it calls it itself. */
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
