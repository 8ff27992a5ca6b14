import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';
import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';
import type { FleetPin, FleetToolName } from '../../../shared/protocol/fleet/tool-messages.ts';
import { pinnedPart, toolDigest } from '../../../shared/tools/compare-pin.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { packText, unpackText } from './sealed-json.ts';

/** Maximum size of a pinned definition when it is not compressed. */
const MAX_PIN_BYTES = 4 * 1024 * 1024;

/** Number of characters of the digest before the sealed box. */
const SHORT_DIGEST = 16;

/** Maximum size in bytes of the head, with which each value begins. */
export const HEAD_BYTES = 16 + 1 + SHORT_DIGEST + 1;

/**
 * Maximum version of a pin. The store multiplies it by 2²⁰ (pin-versions.ts), and the product must be exact as a
 * double.
 */
export const MAX_VERSION = 2 ** 32 - 1;

const HEAD = /^(0|[1-9]\d{0,9}):([0-9a-f]{16}):/;

const SEALED_HEAD = /^(0|[1-9]\d{0,9}):([0-9a-f]{64}):/;

const SEALED_HEAD_BYTES = 10 + 1 + 64 + 1;

/** The unencrypted head of a value. It is not trusted, and only shows which encrypted values must be read. */
export interface PinHead {
  readonly version: number;
  readonly shortSha256: string;
}

/** Returns the field of a tool's pin in the hash of a scope. */
export function pinField({ connectorId, tool }: FleetToolName): string {
  return JSON.stringify([connectorId, tool]);
}

/** Returns the digest of a definition in the form used in heads. */
export function shortDigest(definition: RemoteToolDefinition): string {
  return toolDigest(definition).slice(0, SHORT_DIGEST);
}

/** A pin whose seal was verified, so a host of the fleet must have written it. */
export interface SealedPin {
  readonly version: number;
  /** Digest of the definition, hex. */
  readonly sha256: string;
  /** Returns the pin with its definition, or null if the definition does not match the digest. */
  read(): FleetPin | null;
}

/** Encrypts a pin. `key` is the key of the hash that stores it, and `sha256` is the digest of its definition. */
export function packPin(sealer: FleetSealer, key: string, pin: FleetPin, sha256 = toolDigest(pin.definition)): Buffer {
  const { version, pinnedAtMs } = pin;
  const text = packText(JSON.stringify({ pinnedAtMs, definition: pinnedPart(pin.definition) }));
  const plain = Buffer.concat([Buffer.from(`${version}:${sha256}:`), text]);
  const head = Buffer.from(`${version}:${sha256.slice(0, SHORT_DIGEST)}:`);
  return Buffer.concat([head, sealer.seal('pin', placeOf(key, pin), plain)]);
}

/** Parses the head of a value from Redis. Returns null if the value does not start with a head. */
export function readHead(value: Uint8Array | string): PinHead | null {
  const text = typeof value === 'string' ? value : Buffer.from(value.subarray(0, HEAD_BYTES)).toString('latin1');
  const [, version, shortSha256] = HEAD.exec(text) ?? [];
  if (version === undefined || shortSha256 === undefined || Number(version) > MAX_VERSION) return null;
  return { version: Number(version), shortSha256 };
}

/**
 * Opens a value from Redis. Returns null if it is not a pin of this tool, or if its head does not match the sealed
 * content.
 */
export function openPin(sealer: FleetSealer, key: string, name: FleetToolName, value: Buffer): SealedPin | null {
  const head = readHead(value);
  if (head === null) return null;
  const box = value.subarray(value.indexOf(':', value.indexOf(':') + 1) + 1);
  const plain = sealer.open('pin', placeOf(key, name), box);
  const [start, version, sha256] =
    SEALED_HEAD.exec(plain?.subarray(0, SEALED_HEAD_BYTES).toString('latin1') ?? '') ?? [];
  if (plain === null || start === undefined || version === undefined || sha256 === undefined) return null;
  if (Number(version) !== head.version || !sha256.startsWith(head.shortSha256)) return null;
  return {
    version: head.version,
    sha256,
    read: () => readPin(plain.subarray(start.length), name, head.version, sha256),
  };
}

/** Returns a pin of this host in the same form as a pin that was read from Redis. */
export function ownSealedPin(pin: FleetPin, sha256: string): SealedPin {
  return { version: pin.version, sha256, read: () => pin };
}

function readPin(packed: Buffer, { connectorId, tool }: FleetToolName, version: number, sha256: string) {
  const text = unpackText(packed, MAX_PIN_BYTES);
  let found: unknown;
  try {
    found = parseForeignJson(text?.toString('utf8') ?? 'null');
  } catch {
    // The JSON is too deep or too large, so the pin counts as unreadable.
    return null;
  }
  if (!isRecord(found) || !isRecord(found.definition)) return null;
  const { pinnedAtMs } = found;
  const definition = found.definition as RemoteToolDefinition;
  if (typeof pinnedAtMs !== 'number' || definition.name !== tool || toolDigest(definition) !== sha256) return null;
  return { connectorId, tool, version, pinnedAtMs, definition };
}

function placeOf(key: string, name: FleetToolName): string {
  return `${key}\n${pinField(name)}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
