import type { JsonObject } from '../mcp/json-rpc.ts';

/** Version of the format. Readers reject other versions. */
export const FORMAT_VERSION = 1;

/** First line of a recording. */
interface RecordingHeader {
  readonly mcpRecording: typeof FORMAT_VERSION;
  readonly note: string;
}

/** A note in the first line, for the reader of the file. */
const RECORDING_NOTE =
  'MCP messages as they were sent. Headers, environment and configured secrets are left out. Arguments and ' +
  'results are unchanged, so review this file before you share it.';

/** Sender of a message. */
export type Sender = 'client' | 'server';

/** One message: the format of each line after the first. */
export interface RecordedLine {
  /** Id of the connector; null if the recording is of one server alone. */
  readonly connector: string | null;
  /**
   * Identifies the connection. A file may contain several connections, even from several processes. Message ids are
   * unique only within a connection.
   */
  readonly connection: string;
  readonly from: Sender;
  readonly message: JsonObject;
}

/** Records the messages of one connection. */
export interface MessageRecord {
  /** Returns an id for a request that has none yet. It is unique within this connection. */
  nextId(): number;
  /** Records a message, without its secrets. */
  note(from: Sender, message: JsonObject): void;
  /** Leaves this value out of everything that is recorded from now on. */
  hide(secret: string): void;
}

/** Returns the first line. */
export function headerLine(): string {
  const header: RecordingHeader = { mcpRecording: FORMAT_VERSION, note: RECORDING_NOTE };
  return `${JSON.stringify(header)}\n`;
}
