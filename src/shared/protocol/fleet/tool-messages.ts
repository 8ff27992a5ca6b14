import type { RemoteToolDefinition } from '../../tools/tool-definition.ts';
import type { OwnPin, ToolPinDetail } from '../../tools/tool-records.ts';
import type { WriterReply } from '../writer-reply.ts';

/**
 * The tool catalogue, pins and approvals of a fleet. `scope` names what the hosts must have in common to share them.
 * The thread opens, unpacks, seals and compares, so that main never holds more than one piece of a catalogue.
 */
export interface FleetToolApi {
  /** Ids of the connectors that the catalogue has, sorted. FLEET_REFUSED where there are more than 20 000. */
  cataloguedConnectors(scope: string): Promise<WriterReply<readonly string[]>>;
  /** The lists of these connectors, at most 32. Those that are missing or bad are left out. */
  readTools(scope: string, connectorIds: readonly string[]): Promise<WriterReply<readonly FleetCatalogued[]>>;
  /**
   * Says what a connector lists here. Puts it into the catalogue a little later, pins tools that the fleet has never
   * seen, and resolves with the fleet's pins that are approved or differ from what is listed.
   */
  noteTools(scope: string, list: FleetToolList): Promise<WriterReply<readonly FleetPin[]>>;
  /** A connector is no longer listed here; changes of its tools are not told any more. */
  dropTools(scope: string, connectorIds: readonly string[]): Promise<WriterReply<null>>;
  /** Which of these connectors the catalogue lacks. */
  missingTools(scope: string, connectorIds: readonly string[]): Promise<WriterReply<readonly string[]>>;
  /**
   * Puts in those of this host's pins that the fleet lacks, and approvals that are newer than the fleet's. Resolves
   * with the pins of the fleet that are newer, or of the same version and different.
   */
  syncPins(scope: string, pins: readonly OwnPin[]): Promise<WriterReply<readonly FleetPin[]>>;
  /** The fleet's pins of these tools, at most 100; those that are missing or bad are left out. */
  readPins(scope: string, tools: readonly FleetToolName[]): Promise<WriterReply<readonly FleetPin[]>>;
  /** Replaces pins by approved ones, each of a version above the fleet's and its own; those it replaced them by. */
  approvePins(scope: string, pins: readonly FleetPin[]): Promise<WriterReply<readonly FleetPin[]>>;
  /**
   * What differs from its pin by the catalogue, in all scopes; for connectors that are named every tool. For the
   * command line: takes as long as there are tools.
   */
  changedTools(connectorIds: readonly string[] | null): Promise<WriterReply<readonly FleetToolChange[]>>;
}

/** A tool by its connector and the name that the connector gives it. */
export interface FleetToolName {
  readonly connectorId: string;
  readonly tool: string;
}

/** A pin as the fleet keeps it. */
export interface FleetPin extends FleetToolName {
  /** Goes up with each approval; 0 for a first sight. */
  readonly version: number;
  readonly definition: RemoteToolDefinition;
  /** Epoch ms, on the clock of the host that pinned it. */
  readonly pinnedAtMs: number;
}

/** What a connector lists. */
export interface FleetToolList {
  readonly connectorId: string;
  /** JSON of a `ConnectorRecord`. */
  readonly recordText: string;
  /** This host's pins of tools that differ from what is listed, or that are approved. */
  readonly pins: readonly FleetPin[];
  /** Whether tools are compared with pins at all. */
  readonly isPinned: boolean;
}

/** What the catalogue has of a connector. */
export interface FleetCatalogued {
  readonly connectorId: string;
  /** JSON of a `ConnectorRecord`, as some host wrote it; not checked. */
  readonly bytes: Uint8Array;
  /** The fleet's pins that are approved or differ from what is listed. */
  readonly pins: readonly FleetPin[];
  /** Tools that the fleet has no good pin of. */
  readonly unpinned: readonly string[];
}

/** A tool of the catalogue beside its pin. `members` is empty where it is as it was pinned. */
export interface FleetToolChange extends ToolPinDetail {
  readonly scope: string;
}

export type FleetToolEvent =
  /** Another host listed other tools of a connector than this one. `digest` names that list. */
  | {
      readonly kind: 'tools-changed';
      readonly scope: string;
      readonly connectorId: string;
      readonly digest: string;
      readonly by: string;
    }
  /** Pins were approved; `tools` is null where it does not say which. */
  | {
      readonly kind: 'pins-approved';
      readonly scope: string;
      readonly tools: readonly FleetToolName[] | null;
      readonly by: string;
    }
  /** The server has less of a scope than it had: it was emptied, or something was evicted. */
  | { readonly kind: 'tools-lost'; readonly scope: string };
