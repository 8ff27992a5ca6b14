import type { RemoteToolDefinition } from './tool-definition.ts';

/** A remembered tool: its definition, and the metadata from its connector's entry. */
export interface ToolRecord {
  readonly definition: RemoteToolDefinition;
  readonly tags: readonly string[];
  readonly author: string | null;
}

/** A tool whose definition differs from the one first seen or last approved. */
export interface ToolPinChange {
  readonly connectorId: string;
  /** The name that the connector gives it. */
  readonly tool: string;
  /** The members that differ. */
  readonly members: readonly string[];
  readonly pinnedSha256: string;
  /** Epoch ms. */
  readonly pinnedAtMs: number;
  readonly sha256: string;
}

/** A tool change with the pinned members of both definitions. */
export interface ToolPinDetail extends ToolPinChange {
  readonly pinned: RemoteToolDefinition;
  readonly current: RemoteToolDefinition;
}

/** A tool as first seen or last approved. */
export interface ToolPin {
  readonly connectorId: string;
  readonly definition: RemoteToolDefinition;
  /** Epoch ms. */
  readonly pinnedAtMs: number;
}

/** A pin as one host keeps it in a fleet. */
export interface OwnPin {
  readonly connectorId: string;
  readonly tool: string;
  /** Version of the newest approval of the fleet that was applied; 0 for none. */
  readonly version: number;
  /** Whether the definition is the one that the fleet approved: false if this host has approved another one since. */
  readonly isApproved: boolean;
  /** JSON of the definition. */
  readonly definitionText: string;
  /** Epoch ms. */
  readonly pinnedAtMs: number;
}

/** A pin that the fleet approved. */
export interface ApprovedPin extends ToolPin {
  /** Increases with each approval. */
  readonly version: number;
}

/** Pins of some connectors, in the order of their ids. */
export interface PinPage {
  readonly pins: readonly OwnPin[];
  /** Where the next page begins; null at the end. */
  readonly nextId: string | null;
}

/**
 * A tool to approve, by its connector's name for it. `sha256` identifies the definition that the user reviewed; the
 * tool may have changed since.
 */
export type PinChoice = Pick<ToolPinChange, 'connectorId' | 'tool' | 'sha256'>;

/** What is remembered about a connector across restarts. It contains no session data. */
export interface ConnectorRecord {
  readonly connectorId: string;
  /** The endpoint that listed the tools. They are not valid for any other endpoint. */
  readonly endpoint: string;
  readonly era: 'legacy' | 'modern' | 'unknown';
  readonly transport: string;
  readonly protocolVersion: string | null;
  readonly serverName: string | null;
  /** When the connector last listed its tools, epoch ms. */
  readonly listedAtMs: number;
  readonly tools: readonly ToolRecord[];
  /**
   * The digests that the signed map approved when the tools were listed, by the connector's names. With these digests,
   * the next start holds back the same tools before its map is loaded. Records of older versions have none.
   */
  readonly toolDigests?: Readonly<Record<string, string>> | null;
}

/** A record with the changes of its tools since they were pinned. */
export interface RememberedConnector extends ConnectorRecord {
  readonly changes: readonly ToolPinDetail[];
}

/** Tool lists of connectors, to be stored. */
export interface ToolsToSave {
  readonly connectors: readonly ConnectorMessage[];
  /**
   * Tools as first seen, as far as the sender knows. The store's own pins take precedence over these pins, and these
   * pins over the tools listed now.
   */
  readonly pins: readonly ToolPin[];
  /** Whether tools are compared with their pins. */
  readonly isPinned: boolean;
}

/** Result of recording that connectors listed the same tools again. */
export interface TouchedTools {
  /** Differences of the other connectors' tools from their pins. */
  readonly changes: readonly ToolPinDetail[];
  /** Connectors that the store does not know, so their lists have to be saved in full. */
  readonly unknown: readonly string[];
}

/** A store's answer. `value` is null if the request was meant for another store; then nothing was done. */
export interface InStore<T> {
  readonly storeId: string;
  readonly value: T | null;
}

/** A record for the writer. Its tools are text, because a string crosses threads at the cost of a copy. */
export interface ConnectorMessage extends Omit<ConnectorRecord, 'tools'> {
  /** JSON of `ToolRecord[]`. */
  readonly toolsText: string;
}

/** One page of remembered connectors, in the order of their ids. */
export interface ConnectorPage {
  readonly connectors: readonly RememberedConnector[];
  /** Connectors whose record fails its checksum. */
  readonly damaged: readonly string[];
  /** Where the next page begins; null at the end. */
  readonly nextId: string | null;
}
