import { toolDigest } from './compare-pin.ts';
import type { RemoteToolDefinition } from './tool-definition.ts';

/**
 * Returns the digest of a tool definition in the form that service maps use in `toolDigests` to approve tools. The
 * digest is the base64url SHA-256 over the canonical form (RFC 8785) of the definition's pinned members. `definition`
 * is the definition that the connector sent.
 */
export function approvedDigest(definition: RemoteToolDefinition): string {
  return `sha-256:${Buffer.from(toolDigest(definition), 'hex').toString('base64url')}`;
}
