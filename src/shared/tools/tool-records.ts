import type { RemoteToolDefinition } from './tool-definition.ts';

/** A remembered tool: its definition, and metadata from the entry of its connector. */
export interface ToolRecord {
  readonly definition: RemoteToolDefinition;
  readonly tags: readonly string[];
  readonly author: string | null;
}

/** A tool whose definition differs from its pin, the definition that was first seen or last approved. */
export interface ToolPinChange {
  readonly connectorId: string;
  /** The name that the connector gives the tool. */
  readonly tool: string;
  /** Names of the members that differ. */
  readonly members: readonly string[];
  readonly pinnedSha256: string;
  /** When the pin was made, in epoch milliseconds. */
  readonly pinnedAtMs: number;
  readonly sha256: string;
}

/** A change of a tool, with the pinned members of the old and the new definition. */
export interface ToolPinDetail extends ToolPinChange {
  readonly pinned: RemoteToolDefinition;
  readonly current: RemoteToolDefinition;
}

/** The definition of a tool that was first seen or last approved. */
export interface ToolPin {
  readonly connectorId: string;
  readonly definition: RemoteToolDefinition;
  /** When the pin was made, in epoch milliseconds. */
  readonly pinnedAtMs: number;
}

/** A pin in the store of one host in a fleet. The hosts of the fleet share their approvals. */
export interface OwnPin {
  readonly connectorId: string;
  readonly tool: string;
  /** Version of the fleet's newest approval that this host has applied; 0 if this host has applied none. */
  readonly version: number;
  /**
   * Whether the definition is the one that the fleet approved. It is false if this host has approved another definition
   * since then.
   */
  readonly isApproved: boolean;
  /** JSON of the definition. */
  readonly definitionText: string;
  /** When the pin was made, in epoch milliseconds. */
  readonly pinnedAtMs: number;
}

/** A pin that the fleet approved. */
export interface ApprovedPin extends ToolPin {
  /** Number that increases with each approval of the tool. */
  readonly version: number;
}

/** A page of pins, in the order of their connectors' ids. */
export interface PinPage {
  readonly pins: readonly OwnPin[];
  /** Id after which the next page begins; null if this is the last page. */
  readonly nextId: string | null;
}

/**
 * A tool that a user approves. `sha256` identifies the definition that the user has reviewed, because the definition
 * may have changed since then.
 */
export type PinChoice = Pick<ToolPinChange, 'connectorId' | 'tool' | 'sha256'>;

/** What the store remembers about a connector. It contains no session data. */
export interface ConnectorRecord {
  readonly connectorId: string;
  /** The endpoint that listed the tools. The tools are ignored if the connector has another endpoint now. */
  readonly endpoint: string;
  readonly era: 'legacy' | 'modern' | 'unknown';
  readonly transport: string;
  readonly protocolVersion: string | null;
  readonly serverName: string | null;
  /** When the connector last listed its tools, in epoch milliseconds. */
  readonly listedAtMs: number;
  readonly tools: readonly ToolRecord[];
  /**
   * The digests that the map approved when the tools were listed. The keys are the names that the connector gives its
   * tools. The next start needs these digests before its map is loaded, so that it does not offer tools that are not
   * approved. Records of older versions have none.
   */
  readonly toolDigests?: Readonly<Record<string, string>> | null;
}

/** A remembered connector, and how its tools differ from their pins. */
export interface RememberedConnector extends ConnectorRecord {
  readonly changes: readonly ToolPinDetail[];
}

/** Tool lists of connectors that the store is asked to save. */
export interface ToolsToSave {
  readonly connectors: readonly ConnectorMessage[];
  /**
   * Pins that the sender knows. A pin that is already in the store takes precedence over them. A tool that has no pin
   * in either place is pinned with its current definition.
   */
  readonly pins: readonly ToolPin[];
  /** Whether tools are compared with their pins. */
  readonly isPinned: boolean;
}

/** Result of recording that connectors have listed the same tools as before. */
export interface TouchedTools {
  /** Differences between tools and pins, for the connectors that are in the store. */
  readonly changes: readonly ToolPinDetail[];
  /** Ids of the connectors that are not in the store. Their tool lists have to be saved in full. */
  readonly unknown: readonly string[];
}

/** Answer of a store. If the request was meant for a store with another id, nothing was done, and `value` is null. */
export interface InStore<T> {
  readonly storeId: string;
  readonly value: T | null;
}

/**
 * A record of a connector that is sent to the writer. The tools are sent as one string, because sending a string to
 * another thread only costs a copy.
 */
export interface ConnectorMessage extends Omit<ConnectorRecord, 'tools'> {
  /** JSON of `ToolRecord[]`. */
  readonly toolsText: string;
}

/** One page of remembered connectors, in the order of their ids. */
export interface ConnectorPage {
  readonly connectors: readonly RememberedConnector[];
  /** Ids of the connectors whose record fails its checksum. */
  readonly damaged: readonly string[];
  /** Id after which the next page begins; null if this is the last page. */
  readonly nextId: string | null;
}
