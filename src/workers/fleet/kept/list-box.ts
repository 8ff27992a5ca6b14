import { hash } from 'node:crypto';
import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';
import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { openText, sealText } from './sealed-json.ts';

/** Maximum size of a connector's tool list when it is compressed. */
export const MAX_LIST_BYTES = 4 * 1024 * 1024;

/** Maximum size of a connector's tool list when it is not compressed. */
const MAX_TEXT_BYTES = 32 * 1024 * 1024;

const DIGEST_CHARACTERS = 22;

/** The parts of a record that the fleet thread needs. Definitions without a name are left out. */
interface ReadRecord {
  readonly definitions: readonly RemoteToolDefinition[];
  /** When the connector listed the tools, in epoch milliseconds. */
  readonly listedAtMs: number;
}

/** A connector's list as another host wrote it. */
export interface OpenedList extends ReadRecord {
  readonly bytes: Buffer;
}

/** Returns the digest of a tool list. The order of the tools does not change the digest. */
export function listDigest(definitions: readonly RemoteToolDefinition[]): string {
  const sorted = [...definitions].sort((a, b) => (a.name < b.name ? -1 : 1));
  return hash('sha256', JSON.stringify(sorted), 'base64url').slice(0, DIGEST_CHARACTERS);
}

/**
 * Packs and encrypts a list. `key` is the key of the catalogue's hash. An unencrypted digest precedes the box. The
 * digest is not trusted, and only shows whether the list must be written again.
 */
export function packList(
  sealer: FleetSealer,
  key: string,
  list: { readonly connectorId: string; readonly digest: string; readonly text: string },
): Buffer {
  const box = sealText(sealer, 'tool', placeOf(key, list.connectorId), list.text);
  return Buffer.concat([Buffer.from(list.digest), box]);
}

/** Opens a value from Redis. Returns null if it is not a list of this connector. */
export function openList(sealer: FleetSealer, key: string, connectorId: string, value: Buffer): OpenedList | null {
  const box = value.subarray(DIGEST_CHARACTERS);
  const bytes = openText(sealer, 'tool', placeOf(key, connectorId), box, MAX_TEXT_BYTES);
  if (bytes === null) return null;
  const record = readRecord(bytes.toString('utf8'));
  return record === null ? null : { bytes, ...record };
}

/** Parses the JSON of a `ConnectorRecord`. Returns null if it is invalid. The main thread checks the other fields. */
export function readRecord(text: string): ReadRecord | null {
  try {
    const record = parseForeignJson(text);
    if (!isObject(record) || !Array.isArray(record.tools)) return null;
    const definitions = record.tools.flatMap((tool: unknown) => {
      const definition = isObject(tool) ? tool.definition : null;
      return isObject(definition) && typeof definition.name === 'string' ? [definition as RemoteToolDefinition] : [];
    });
    return { definitions, listedAtMs: typeof record.listedAtMs === 'number' ? record.listedAtMs : 0 };
  } catch {
    // The JSON is invalid, too deep or too large, so the list counts as unreadable.
    return null;
  }
}

function placeOf(key: string, connectorId: string): string {
  return `${key}\n${connectorId}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
