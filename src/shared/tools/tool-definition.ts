import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { canonicalJson } from '../map/canonical-json.ts';

/** A tool as the connector lists it, with whatever members it sent. */
export interface RemoteToolDefinition {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** What of a definition a model or a caller goes by. `title` stands in for a description that is missing. */
const PINNED_MEMBERS = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;

/** The pinned members of a definition alone. */
export function pinnedPart(definition: RemoteToolDefinition): RemoteToolDefinition {
  const part = PINNED_MEMBERS.flatMap((member) => (member in definition ? [[member, definition[member]]] : []));
  return Object.fromEntries(part) as RemoteToolDefinition;
}

/** SHA-256, hex, of the canonical form (RFC 8785) of a definition's pinned members. */
export function toolDigest(definition: RemoteToolDefinition): string {
  const part = pinnedPart(definition);
  try {
    return hash('sha256', canonicalJson(part));
  } catch {
    // A lone surrogate has no canonical form, and is no reason to leave a tool unpinned.
    return hash('sha256', JSON.stringify(part));
  }
}

/** The pinned members in which two definitions differ. */
export function pinnedDifferences(before: RemoteToolDefinition, after: RemoteToolDefinition): string[] {
  return PINNED_MEMBERS.filter((member) => !isDeepStrictEqual(before[member], after[member]));
}
