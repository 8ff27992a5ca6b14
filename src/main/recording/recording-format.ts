import type { JsonObject } from '../mcp/json-rpc.ts';

/** The version of the format. Readers refuse others. */
export const FORMAT_VERSION = 1;

/** The first line of a recording. */
interface RecordingHeader {
  readonly mcpRecording: typeof FORMAT_VERSION;
  readonly note: string;
}

/** What the first line says to people. */
const RECORDING_NOTE =
  'Messages of MCP as they passed. Headers, environment and configured secrets are left out; arguments and results ' +
  'hold what they hold, so look before you share this file.';

/** Who sent a message. */
export type Sender = 'client' | 'server';

/** Each line after the first: one message. */
export interface RecordedLine {
  /** The connector; null where one server alone is recorded. */
  readonly connector: string | null;
  /** Names the connection: several may be in one file, and of several processes. Ids of messages are its own. */
  readonly connection: string;
  readonly from: Sender;
  readonly message: JsonObject;
}

/** Takes the messages of one connection. */
export interface MessageRecord {
  /** An id for a request that has none yet; no other request of this connection has it. */
  nextId(): number;
  /** Writes a message down, without the secrets. */
  note(from: Sender, message: JsonObject): void;
  /** Leaves this value out of everything that is noted from now on. */
  hide(secret: string): void;
}

/** The first line. */
export function headerLine(): string {
  const header: RecordingHeader = { mcpRecording: FORMAT_VERSION, note: RECORDING_NOTE };
  return `${JSON.stringify(header)}\n`;
}
