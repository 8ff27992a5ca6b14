import { toolDigest } from './compare-pin.ts';
import type { RemoteToolDefinition } from './tool-definition.ts';

/**
 * Returns the digest by which a service map approves a tool, in the form of an entry's `toolDigests`. The digest is the
 * base64url SHA-256 of the canonical form (RFC 8785) of the pinned members of the definition that the connector sent.
 */
export function approvedDigest(definition: RemoteToolDefinition): string {
  return `sha-256:${Buffer.from(toolDigest(definition), 'hex').toString('base64url')}`;
}
