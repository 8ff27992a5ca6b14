/**
 * The revisions of MCP between which definitions differ on the wire. Each stands for the older revisions down to the
 * next one here, and the first for all before it.
 */
export type WireRevision = '2025-03-26' | '2025-06-18' | '2025-11-25' | '2026-07-28';

export const WIRE_REVISIONS: readonly WireRevision[] = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'];

export const NEWEST_REVISION: WireRevision = '2026-07-28';

/**
 * The wire revision of a protocol version. Without one it is 2025-03-26: what a server has to assume of a client that
 * does not say (MCP 2025-06-18, transports, protocol version header).
 */
export function wireRevisionOf(protocolVersion: string | null): WireRevision {
  // Revisions are dates, so they sort as text.
  return WIRE_REVISIONS.findLast((revision) => protocolVersion !== null && revision <= protocolVersion) ?? '2025-03-26';
}
