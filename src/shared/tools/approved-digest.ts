import { toolDigest } from './compare-pin.ts';
import type { RemoteToolDefinition } from './tool-definition.ts';

/**
 * Returns the digest by which a service map approves a tool, in the form of an entry's `toolDigests`. It is SHA-256
 * over the RFC 8785 form of the pinned members of the definition that the connector sent, in base64url.
 */
export function approvedDigest(definition: RemoteToolDefinition): string {
  return `sha-256:${Buffer.from(toolDigest(definition), 'hex').toString('base64url')}`;
}
