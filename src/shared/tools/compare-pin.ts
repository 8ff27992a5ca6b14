import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { canonicalJson } from '../map/canonical-json.ts';
import type { RemoteToolDefinition } from './tool-definition.ts';
import type { PinChoice, ToolPin, ToolPinDetail } from './tool-records.ts';

/**
 * The members of a definition that a model or a caller relies on. `title` is among them, because it replaces a
 * missing description.
 */
const PINNED_MEMBERS = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;

/**
 * Compares a tool with its pin, the definition that was first seen or last approved. Returns null if both have the same
 * digest or the same pinned members. The store uses this function too, after its SQL has left out the tools whose
 * digest equals that of their pin.
 */
export function comparePin(pin: ToolPin, definition: RemoteToolDefinition): ToolPinDetail | null {
  const members = PINNED_MEMBERS.filter((member) => !isDeepStrictEqual(pin.definition[member], definition[member]));
  if (members.length === 0) return null;
  const { connectorId, pinnedAtMs } = pin;
  const [pinned, current] = [pinnedPart(pin.definition), pinnedPart(definition)];
  const [pinnedSha256, sha256] = [toolDigest(pinned), toolDigest(current)];
  // Members can differ in memory although their digests are equal: JavaScript has both 0 and -0, but JSON has only 0.
  if (pinnedSha256 === sha256) return null;
  return { connectorId, tool: definition.name, members, pinnedSha256, pinnedAtMs, sha256, pinned, current };
}

/** Returns a definition with only its pinned members. */
export function pinnedPart(definition: RemoteToolDefinition): RemoteToolDefinition {
  const part = PINNED_MEMBERS.flatMap((member) => (member in definition ? [[member, definition[member]]] : []));
  return Object.fromEntries(part) as RemoteToolDefinition;
}

/** Returns the SHA-256 in hex over the canonical form (RFC 8785) of a definition's pinned members. */
export function toolDigest(definition: RemoteToolDefinition): string {
  const part = pinnedPart(definition);
  try {
    return hash('sha256', canonicalJson(part));
  } catch {
    // A string with a lone surrogate has no canonical form, but the tool must still be pinned.
    return hash('sha256', JSON.stringify(part));
  }
}

/** Whether two changes concern the same tool and the same new definition. */
export function isSameChange(a: PinChoice, b: PinChoice): boolean {
  return a.connectorId === b.connectorId && a.tool === b.tool && a.sha256 === b.sha256;
}
