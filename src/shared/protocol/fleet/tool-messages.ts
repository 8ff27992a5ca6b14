import type { RemoteToolDefinition } from '../../tools/tool-definition.ts';
import type { OwnPin, ToolPinDetail } from '../../tools/tool-records.ts';
import type { WriterReply } from '../writer-reply.ts';

/**
 * API of the tool catalogue, pins and approvals of a fleet. `scope` identifies the configuration that hosts must have
 * in common to share them. The thread opens, unpacks, seals and compares, so that the main thread never holds more than
 * one page of a catalogue.
 */
export interface FleetToolApi {
  /** Returns the sorted ids of the connectors in the catalogue. FLEET_REFUSED if there are more than 20 000. */
  cataloguedConnectors(scope: string): Promise<WriterReply<readonly string[]>>;
  /** Reads the lists of these connectors, at most 32. Missing and invalid lists are left out. */
  readTools(scope: string, connectorIds: readonly string[]): Promise<WriterReply<readonly FleetCatalogued[]>>;
  /**
   * Reports the tools that a connector lists on this host. Adds them to the catalogue a little later, and pins tools
   * that are new to the fleet. Resolves with the fleet's pins that are approved or differ from the list.
   */
  noteTools(scope: string, list: FleetToolList): Promise<WriterReply<readonly FleetPin[]>>;
  /** Reports that a connector is no longer listed here, so that changes of its tools are no longer reported. */
  dropTools(scope: string, connectorIds: readonly string[]): Promise<WriterReply<null>>;
  /** Returns which of these connectors the catalogue lacks. */
  missingTools(scope: string, connectorIds: readonly string[]): Promise<WriterReply<readonly string[]>>;
  /**
   * Adds this host's pins that the fleet lacks, and this host's approvals that are newer than the fleet's. Resolves
   * with the fleet's pins that are newer, or that differ at the same version.
   */
  syncPins(scope: string, pins: readonly OwnPin[]): Promise<WriterReply<readonly FleetPin[]>>;
  /** Reads the fleet's pins of these tools, at most 100. Missing and invalid pins are left out. */
  readPins(scope: string, tools: readonly FleetToolName[]): Promise<WriterReply<readonly FleetPin[]>>;
  /**
   * Replaces pins with approved pins. Each gets a version above its own and above that of the fleet's pin. Resolves
   * with the stored pins.
   */
  approvePins(scope: string, pins: readonly FleetPin[]): Promise<WriterReply<readonly FleetPin[]>>;
  /**
   * Returns the catalogue's differences from the pins, in all scopes. For named connectors it returns every tool. For
   * the command line only: its time grows with the number of tools.
   */
  changedTools(connectorIds: readonly string[] | null): Promise<WriterReply<readonly FleetToolChange[]>>;
}

/** A tool by its connector and the name that the connector gives it. */
export interface FleetToolName {
  readonly connectorId: string;
  readonly tool: string;
}

/** A pin as the fleet stores it. */
export interface FleetPin extends FleetToolName {
  /** Increases with each approval; 0 for a tool as first seen. */
  readonly version: number;
  readonly definition: RemoteToolDefinition;
  /** Epoch ms, on the clock of the host that pinned it. */
  readonly pinnedAtMs: number;
}

/** The tools that a connector lists. */
export interface FleetToolList {
  readonly connectorId: string;
  /** JSON of a `ConnectorRecord`. */
  readonly recordText: string;
  /** This host's pins of tools that are approved or differ from the list. */
  readonly pins: readonly FleetPin[];
  /** Whether tools are compared with pins. */
  readonly isPinned: boolean;
}

/** The catalogue's entry of a connector. */
export interface FleetCatalogued {
  readonly connectorId: string;
  /** JSON of a `ConnectorRecord`, as another host wrote it; not checked. */
  readonly bytes: Uint8Array;
  /** The fleet's pins that are approved or differ from the list. */
  readonly pins: readonly FleetPin[];
  /** Tools without a valid pin in the fleet. */
  readonly unpinned: readonly string[];
}

/** A tool of the catalogue next to its pin. `members` is empty if it matches its pin. */
export interface FleetToolChange extends ToolPinDetail {
  readonly scope: string;
}

export type FleetToolEvent =
  /** For a connector, another host listed different tools than this host. `digest` identifies that list. */
  | {
      readonly kind: 'tools-changed';
      readonly scope: string;
      readonly connectorId: string;
      readonly digest: string;
      readonly by: string;
    }
  /** Pins were approved. `tools` is null if the message does not name them. */
  | {
      readonly kind: 'pins-approved';
      readonly scope: string;
      readonly tools: readonly FleetToolName[] | null;
      readonly by: string;
    }
  /** The server has less data of a scope than before: it was emptied, or data was evicted. */
  | { readonly kind: 'tools-lost'; readonly scope: string };
