import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';
import type { FleetHost, FleetHostMap } from '../../../shared/fleet/fleet-settings.ts';
import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';

/** The record of one host in the roster, the fleet's list of hosts. */
export interface HostRecord {
  readonly host: FleetHost;
  /** Increases with each change of the host, so that an older record can be recognised and ignored. */
  readonly revision: number;
  /** Whether the host announced that it leaves the fleet. */
  readonly hasLeft: boolean;
}

/** Encrypts and authenticates a record. The box can only be opened under the same Redis key. */
export function sealHost(sealer: FleetSealer, key: string, record: HostRecord): Buffer {
  return sealer.seal('host', key, Buffer.from(JSON.stringify(record)));
}

/** Opens the record of a key. Returns null if no host of this fleet wrote it. Never throws. */
export function openHost(sealer: FleetSealer, key: string, box: Uint8Array): HostRecord | null {
  const plain = sealer.open('host', key, box);
  if (plain === null) return null;
  try {
    const value = parseForeignJson(plain.toString());
    return isRecord(value) ? value : null;
  } catch {
    // Other versions of this package may write records of another form.
    return null;
  }
}

function isRecord(value: unknown): value is HostRecord {
  if (!isObject(value) || typeof value.revision !== 'number' || typeof value.hasLeft !== 'boolean') return false;
  return isObject(value.host) && isHost(value.host);
}

function isHost(host: Readonly<Record<string, unknown>>): host is FleetHost & Record<string, unknown> {
  const { hostId, role, address, version, startedAt, maps } = host;
  const hasTexts = typeof hostId === 'string' && typeof version === 'string' && isTextOrNull(address);
  const hasRole = role === 'any' || role === 'reader';
  return hasTexts && hasRole && typeof startedAt === 'number' && Array.isArray(maps) && maps.every(isMap);
}

function isMap(map: unknown): map is FleetHostMap {
  if (!isObject(map)) return false;
  const { name, sourceId, sha256, generatedAtMs, isLeading } = map;
  const hasTexts = typeof name === 'string' && typeof sourceId === 'string' && isTextOrNull(sha256);
  return hasTexts && (generatedAtMs === null || typeof generatedAtMs === 'number') && typeof isLeading === 'boolean';
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
