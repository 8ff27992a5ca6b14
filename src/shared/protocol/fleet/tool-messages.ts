import type { RemoteToolDefinition } from '../../tools/tool-definition.ts';
import type { OwnPin, ToolPinDetail } from '../../tools/tool-records.ts';
import type { WriterReply } from '../writer-reply.ts';

/**
 * The interface for the tool catalogue, pins and approvals of a fleet. Hosts share these only if they have the same
 * configuration, which `scope` identifies. The fleet thread decrypts, unpacks, encrypts and compares the tools, so that
 * the main thread never holds more than one page of a catalogue.
 */
export interface FleetToolApi {
  /**
   * Resolves with the ids of the connectors in the catalogue, in order. Fails with FLEET_REFUSED if there are more than
   * 20 000.
   */
  cataloguedConnectors(scope: string): Promise<WriterReply<readonly string[]>>;
  /** Reads the tool lists of at most 32 connectors. Missing and invalid lists are left out. */
  readTools(scope: string, connectorIds: readonly string[]): Promise<WriterReply<readonly FleetCatalogued[]>>;
  /**
   * Reports the tools that a connector lists on this host. A little later, the fleet thread adds them to the catalogue,
   * and pins the tools that are new to the fleet. Resolves with two kinds of the fleet's pins for these tools: approved
   * pins, and pins that differ from the list.
   */
  noteTools(scope: string, list: FleetToolList): Promise<WriterReply<readonly FleetPin[]>>;
  /**
   * Reports that a connector no longer exists on this host. Changes of its tools are no longer reported to this host.
   */
  dropTools(scope: string, connectorIds: readonly string[]): Promise<WriterReply<null>>;
  /** Returns the ids in `connectorIds` that are not in the catalogue. */
  missingTools(scope: string, connectorIds: readonly string[]): Promise<WriterReply<readonly string[]>>;
  /**
   * Adds the pins of this host that the fleet lacks, and the approvals of this host that are newer than the fleet's.
   * Resolves with the fleet's pins that are newer than this host's, or that differ at the same version.
   */
  syncPins(scope: string, pins: readonly OwnPin[]): Promise<WriterReply<readonly FleetPin[]>>;
  /** Reads the fleet's pins of at most 100 tools. Missing and invalid pins are left out. */
  readPins(scope: string, tools: readonly FleetToolName[]): Promise<WriterReply<readonly FleetPin[]>>;
  /**
   * Replaces pins of the fleet with approved pins. The version of each new pin is higher than the version in `pins` and
   * than the version in the fleet. Resolves with the stored pins.
   */
  approvePins(scope: string, pins: readonly FleetPin[]): Promise<WriterReply<readonly FleetPin[]>>;
  /**
   * Returns the tools in the catalogue that differ from their pins, in all scopes. If `connectorIds` is not null,
   * returns all tools of these connectors instead. Only the command line calls this, because the time grows with the
   * number of all tools.
   */
  changedTools(connectorIds: readonly string[] | null): Promise<WriterReply<readonly FleetToolChange[]>>;
}

/** A tool, identified by its connector and by the name that the connector gives it. */
export interface FleetToolName {
  readonly connectorId: string;
  readonly tool: string;
}

/** A pin as the fleet stores it. */
export interface FleetPin extends FleetToolName {
  /** Number that increases with each approval. It is 0 for a definition that nobody has approved yet. */
  readonly version: number;
  readonly definition: RemoteToolDefinition;
  /** When the definition was pinned, in epoch milliseconds on the clock of the host that pinned it. */
  readonly pinnedAtMs: number;
}

/** The tools that a connector lists. */
export interface FleetToolList {
  readonly connectorId: string;
  /** JSON of a `ConnectorRecord`. */
  readonly recordText: string;
  /** This host's pins that are approved, or that differ from the list. */
  readonly pins: readonly FleetPin[];
  /** Whether tools are compared with pins. */
  readonly isPinned: boolean;
}

/** The catalogue's entry of a connector. */
export interface FleetCatalogued {
  readonly connectorId: string;
  /** JSON of a `ConnectorRecord`, as another host wrote it. It is not checked. */
  readonly bytes: Uint8Array;
  /** The fleet's pins that are approved, or that differ from the list. */
  readonly pins: readonly FleetPin[];
  /** Names of the tools for which the fleet has no valid pin. */
  readonly unpinned: readonly string[];
}

/** A tool in the catalogue, compared with its pin. `members` is empty if the two are equal. */
export interface FleetToolChange extends ToolPinDetail {
  readonly scope: string;
}

export type FleetToolEvent =
  /** A connector listed different tools on another host and on this host. `digest` identifies the other host's list. */
  | {
      readonly kind: 'tools-changed';
      readonly scope: string;
      readonly connectorId: string;
      readonly digest: string;
      readonly by: string;
    }
  /** Pins were approved. `tools` is null if the other host's message does not list the tools. */
  | {
      readonly kind: 'pins-approved';
      readonly scope: string;
      readonly tools: readonly FleetToolName[] | null;
      readonly by: string;
    }
  /** The server has lost data of a scope, because it was emptied or had too little memory. */
  | { readonly kind: 'tools-lost'; readonly scope: string };
