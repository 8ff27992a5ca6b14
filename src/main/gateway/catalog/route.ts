import type { ExposedNames } from './exposed-names.ts';
import { ALL_NAMES, type NameFilter } from './name-filter.ts';
import { exposeUri, resolveUri } from './resource-uris.ts';

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
  /** What a tool or a prompt of a connector is called here. */
  expose(connectorId: string, name: string): string;
  /** What it is called among all connectors, which filters go by. */
  fullName(connectorId: string, name: string): string;
  /** The connector and its own name of what is called so; null where it is only to be looked up. */
  split(exposed: string): { readonly connectorId: string; readonly name: string } | null;
  exposeUri(connectorId: string, uri: string): string;
  /** Null for a URI that names no connector. */
  resolveUri(exposed: string): { readonly connectorId: string; readonly uri: string } | null;
}

/** Whether all that a connector says may be heard on a route: one that shows only some of its names shows nothing that has none. */
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
