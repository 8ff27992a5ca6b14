import type { RemoteToolDefinition } from './tool-definition.ts';

/** A tool as it is remembered: its definition, and what the connector's entry says of it. */
export interface ToolRecord {
  readonly definition: RemoteToolDefinition;
  readonly tags: readonly string[];
  readonly author: string | null;
}

/** A tool whose definition is not the one that was first seen, or last approved. */
export interface ToolPinChange {
  readonly connectorId: string;
  /** The name that the connector gives it. */
  readonly tool: string;
  /** In which members the two differ. */
  readonly members: readonly string[];
  readonly pinnedSha256: string;
  /** Epoch ms. */
  readonly pinnedAtMs: number;
  readonly sha256: string;
}

/** The same, with both definitions: their pinned members. */
export interface ToolPinDetail extends ToolPinChange {
  readonly pinned: RemoteToolDefinition;
  readonly current: RemoteToolDefinition;
}

/** A tool as it was first seen, or last approved. */
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
  /** Of the newest approval of the fleet that was taken; 0 for none. */
  readonly version: number;
  /** Whether the definition is the one of that approval, and not one that this host approved for itself since. */
  readonly isApproved: boolean;
  /** JSON of the definition. */
  readonly definitionText: string;
  /** Epoch ms. */
  readonly pinnedAtMs: number;
}

/** A pin that the fleet approved. */
export interface ApprovedPin extends ToolPin {
  /** Goes up with each approval. */
  readonly version: number;
}

/** Pins of some connectors, in the order of their ids. */
export interface PinPage {
  readonly pins: readonly OwnPin[];
  /** Where the next page begins; null at the end. */
  readonly nextId: string | null;
}

/** A tool to approve, by the name that its connector gives it: as somebody looked at it, and not as it may have become since. */
export type PinChoice = Pick<ToolPinChange, 'connectorId' | 'tool' | 'sha256'>;

/** What is remembered of a connector over restarts. Nothing here belongs to a session. */
export interface ConnectorRecord {
  readonly connectorId: string;
  /** The tools are those of this endpoint; of another one they say nothing. */
  readonly endpoint: string;
  readonly era: 'legacy' | 'modern' | 'unknown';
  readonly transport: string;
  readonly protocolVersion: string | null;
  readonly serverName: string | null;
  /** When the connector last listed them, epoch ms. */
  readonly listedAtMs: number;
  readonly tools: readonly ToolRecord[];
  /**
   * The digests that the signed map approved when the tools were listed, by the connector's names, so that a start
   * holds the same tools back before it knows its map. Records of older versions have none.
   */
  readonly toolDigests?: Readonly<Record<string, string>> | null;
}

/** A record with what of its tools has changed since it was pinned. */
export interface RememberedConnector extends ConnectorRecord {
  readonly changes: readonly ToolPinDetail[];
}

/** What connectors listed, to be kept. */
export interface ToolsToSave {
  readonly connectors: readonly ConnectorMessage[];
  /** How their tools were first seen, as far as the sender knows: pins of the store count before these, and these before what is listed now. */
  readonly pins: readonly ToolPin[];
  /** Whether tools are compared with their pins at all. */
  readonly isPinned: boolean;
}

/** What came of connectors that listed the same tools again. */
export interface TouchedTools {
  /** What of the others differs from its pin. */
  readonly changes: readonly ToolPinDetail[];
  /** Connectors that the store does not know: they are to be saved in full. */
  readonly unknown: readonly string[];
}

/** What a store answers. `value` is null where another store was meant: then nothing was done. */
export interface InStore<T> {
  readonly storeId: string;
  readonly value: T | null;
}

/** A record on its way to the writer. Its tools are text: a string crosses threads at the cost of a copy. */
export interface ConnectorMessage extends Omit<ConnectorRecord, 'tools'> {
  /** JSON of `ToolRecord[]`. */
  readonly toolsText: string;
}

/** Remembered connectors, in the order of their ids, so many at a time. */
export interface ConnectorPage {
  readonly connectors: readonly RememberedConnector[];
  /** Those whose record does not match its checksum. */
  readonly damaged: readonly string[];
  /** Where the next page begins; null at the end. */
  readonly nextId: string | null;
}
