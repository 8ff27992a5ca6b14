import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { parseForeignJson } from '../../../../shared/json/parse-foreign.ts';
import { isObject, type JsonObject, LEGACY_REVISIONS } from '../../../mcp/json-rpc.ts';
import { UI_EXTENSION } from '../../messages/capabilities.ts';

/** Immutable facts of a legacy session. They are encrypted in the session's id, so every replica can read them. */
export interface SessionFacts {
  readonly revision: string;
  /** The part of the client's capabilities that the gateway serves. */
  readonly capabilities: JsonObject;
  readonly clientName: string | null;
  /** Principal that the session belongs to, as in `Exchange.principal`. */
  readonly principal: string;
  /** When the access token of the client expires, epoch ms; null for never. */
  readonly tokenExpiresAtMs: number | null;
  /** Name of the route that the session was opened on. */
  readonly route: string;
  /** Id of the replica that opened the session. */
  readonly hostId: string;
  /** When the replica `hostId` opened the session, in epoch ms on its own clock. */
  readonly issuedAtMs: number;
  /** Random value that makes every session unique. */
  readonly nonce: string;
}

const PLAIN = 1;
const DEFLATED = 2;

/**
 * Maximum length of the JSON of facts. If the JSON would be longer, the facts are reduced first. No real client sends
 * that much.
 */
const MAX_JSON_LENGTH = 16 * 1024;

/** Maximum length of a client's name; longer names are truncated. */
const MAX_NAME_LENGTH = 200;

/** Maximum number of content types that are kept from an oversized MCP Apps capability. */
const MAX_MIME_TYPES = 8;

/**
 * Packs facts into at most `maxBytes`. If the capabilities are too large even when compressed, only the fields that MCP
 * defines and the gateway uses are kept. Throws if the result is still too large.
 */
export function packFacts(facts: SessionFacts, maxBytes: number): Buffer {
  const name = facts.clientName?.slice(0, MAX_NAME_LENGTH) ?? null;
  const capabilities = usedCapabilities(facts.capabilities);
  for (const reduced of [facts, { ...facts, clientName: name, capabilities }]) {
    const packed = packJson(jsonOf(reduced), maxBytes);
    if (packed !== null) return packed;
  }
  throw new Error('The facts of the session are too long for an id');
}

/** Reads the output of {@link packFacts}; null for anything else. Never throws. */
export function unpackFacts(packed: Buffer): SessionFacts | null {
  try {
    return readFacts(parseForeignJson(unpackJson(packed)));
  } catch {
    // Another version of the gateway must have written the facts, because only replicas can create an id.
    return null;
  }
}

function jsonOf(facts: SessionFacts): string {
  const { revision, capabilities, clientName, principal, tokenExpiresAtMs, route, hostId, issuedAtMs, nonce } = facts;
  return JSON.stringify([
    ...[revision, capabilities, clientName, principal, tokenExpiresAtMs],
    ...[route, hostId, issuedAtMs, nonce],
  ]);
}

function packJson(json: string, maxBytes: number): Buffer | null {
  if (json.length > MAX_JSON_LENGTH) return null;
  const plain = Buffer.concat([Uint8Array.of(PLAIN), Buffer.from(json)]);
  if (plain.length <= maxBytes) return plain;
  const deflated = Buffer.concat([Uint8Array.of(DEFLATED), deflateRawSync(json)]);
  return deflated.length <= maxBytes ? deflated : null;
}

function unpackJson(packed: Buffer): string {
  const rest = packed.subarray(1);
  // `MAX_JSON_LENGTH` counts UTF-16 code units, and each of them takes at most three bytes in UTF-8.
  return packed[0] === DEFLATED
    ? inflateRawSync(rest, { maxOutputLength: 3 * MAX_JSON_LENGTH }).toString()
    : rest.toString();
}

function readFacts(value: unknown): SessionFacts | null {
  if (!Array.isArray(value) || value.length !== 9) return null;
  const [revision, capabilities, clientName, principal, tokenExpiresAtMs, route, hostId, issuedAtMs, nonce] =
    value as readonly unknown[];
  const areTexts = [principal, route, hostId, nonce].every((text) => typeof text === 'string');
  const isName = clientName === null || typeof clientName === 'string';
  const isExpiry = tokenExpiresAtMs === null || Number.isFinite(tokenExpiresAtMs);
  if (!LEGACY_REVISIONS.includes(String(revision)) || !isObject(capabilities) || !areTexts) return null;
  if (!isName || !isExpiry || !Number.isFinite(issuedAtMs)) return null;
  return {
    ...{ revision, capabilities, clientName, principal, tokenExpiresAtMs, route, hostId, issuedAtMs, nonce },
  } as SessionFacts;
}

function usedCapabilities({ sampling, elicitation, roots, extensions }: JsonObject): JsonObject {
  const ui = isObject(extensions) ? extensions[UI_EXTENSION] : undefined;
  return {
    ...(isObject(sampling) && { sampling: emptied(sampling, ['tools', 'context']) }),
    ...(isObject(elicitation) && { elicitation: emptied(elicitation, ['form', 'url']) }),
    ...(isObject(roots) && { roots: {} }),
    ...(isObject(ui) && { extensions: { [UI_EXTENSION]: { mimeTypes: shortTexts(ui.mimeTypes) } } }),
  };
}

function emptied(capability: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(members.filter((name) => isObject(capability[name])).map((name) => [name, {}]));
}

function shortTexts(value: unknown): readonly string[] {
  const isShort = (text: unknown): text is string => typeof text === 'string' && text.length <= MAX_NAME_LENGTH;
  return (Array.isArray(value) ? value : []).filter(isShort).slice(0, MAX_MIME_TYPES);
}
