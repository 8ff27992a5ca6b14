import { hash } from 'node:crypto';
import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';
import { MAX_WATCHED_URI_LENGTH } from '../../../shared/fleet/session-limits.ts';
import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';
import type { SessionChange, SessionState } from '../../../shared/protocol/fleet/session-messages.ts';

/** Field that marks a session as ended. The scripts use this field, too. */
export const END_FIELD = 'end';

/** Maximum length of a value that a replica writes: the longest URI in UTF-8, JSON and base64. */
export const MAX_VALUE_LENGTH = MAX_WATCHED_URI_LENGTH * 8 + 256;

const MAX_LEVEL_LENGTH = 32;
const HOST_ID = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Returns the name of the field that a change writes or removes in a session's hash. A URI cannot be derived from its
 * field name.
 */
export function fieldOf(change: SessionChange): string {
  switch (change.kind) {
    case 'ended':
      return END_FIELD;
    case 'log-level':
      return 'level';
    case 'home':
      return 'home';
    case 'watch':
    case 'unwatch':
      return `w:${hash('sha256', change.uri, 'base64url').slice(0, 22)}`;
  }
}

/** Encrypts and authenticates the value of a field. The value cannot be opened in another field or another session. */
export function sealField(sealer: FleetSealer, key: string, change: SessionChange): string {
  const plain = Buffer.from(JSON.stringify(change));
  return sealer.seal('session', placeOf(key, fieldOf(change)), plain).toString('base64url');
}

/** Parses the fields of a session's hash. `refused` is the number of fields that no replica can have written. */
export function readRecord(
  sealer: FleetSealer,
  key: string,
  fields: readonly (readonly [name: string, value: string])[],
): { readonly state: SessionState | null; readonly refused: number } {
  let [isEnded, logLevel, homeId]: [boolean, string | null, string | null] = [false, null, null];
  const watched: string[] = [];
  let refused = 0;
  for (const [name, value] of fields) {
    const box = sealer.open('session', placeOf(key, name), Buffer.from(value, 'base64url'));
    const change = box === null ? null : readChange(box.toString());
    if (change === null || fieldOf(change) !== name) refused += 1;
    else if (change.kind === 'ended') isEnded = true;
    else if (change.kind === 'log-level') logLevel = change.logLevel;
    else if (change.kind === 'home') homeId = change.homeId;
    else if (change.kind === 'watch') watched.push(change.uri);
  }
  const isKnown = fields.length > refused;
  return { state: isKnown ? { isEnded, logLevel, homeId, watched } : null, refused };
}

/** Parses a change that another replica wrote as JSON. Returns null for any other string. */
function readChange(json: string): SessionChange | null {
  try {
    return asChange(parseForeignJson(json));
  } catch {
    // No replica of this version can have written this string.
    return null;
  }
}

/** Returns a parsed value as a change if it is valid, or null otherwise. */
export function asChange(value: unknown): SessionChange | null {
  const { kind, uri, logLevel, homeId } = Object(value) as Readonly<Record<string, unknown>>;
  switch (kind) {
    case 'ended':
      return { kind };
    case 'log-level':
      return logLevel === null || isText(logLevel, MAX_LEVEL_LENGTH) ? { kind, logLevel } : null;
    case 'watch':
    case 'unwatch':
      return isText(uri, MAX_WATCHED_URI_LENGTH) ? { kind, uri } : null;
    case 'home':
      return typeof homeId === 'string' && HOST_ID.test(homeId) ? { kind, homeId } : null;
    default:
      return null;
  }
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength;
}

function placeOf(key: string, field: string): string {
  return `${key} ${field}`;
}
