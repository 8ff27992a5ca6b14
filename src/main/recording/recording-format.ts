import type { JsonObject } from '../mcp/json-rpc.ts';

/** Version of the format of recordings. Readers reject other versions. */
export const FORMAT_VERSION = 1;

/** The first line of a recording. */
interface RecordingHeader {
  readonly mcpRecording: typeof FORMAT_VERSION;
  readonly note: string;
}

/** Note in the first line, for people who open the file. */
const RECORDING_NOTE =
  'MCP messages as they were sent. Headers, environment and configured secrets are left out. Arguments and ' +
  'results are unchanged, so review this file before you share it.';

/** Who sent a message. */
export type Sender = 'client' | 'server';

/** One message of a recording. Each line after the first has this format. */
export interface RecordedLine {
  /** Id of the connector; null in a recording of a single server. */
  readonly connector: string | null;
  /**
   * Identifies the connection within the file, which may contain connections of several processes. Message ids are
   * unique only within one connection.
   */
  readonly connection: string;
  readonly from: Sender;
  readonly message: JsonObject;
}

/** Records the messages of one connection. */
export interface MessageRecord {
  /** Returns an id for a request that does not have one. It is unique within this connection. */
  nextId(): number;
  /** Records a message, with all known secrets masked. */
  note(from: Sender, message: JsonObject): void;
  /** Masks this secret in all messages that are recorded after this call. */
  hide(secret: string): void;
}

/** Returns the first line of a recording. */
export function headerLine(): string {
  const header: RecordingHeader = { mcpRecording: FORMAT_VERSION, note: RECORDING_NOTE };
  return `${JSON.stringify(header)}\n`;
}
