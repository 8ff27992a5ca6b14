/**
 * Revisions of MCP between which the format of definitions differs. Each also stands for the later revisions up to the
 * next one in this list, and the first also stands for all earlier revisions.
 */
export type WireRevision = '2025-03-26' | '2025-06-18' | '2025-11-25' | '2026-07-28';

export const WIRE_REVISIONS: readonly WireRevision[] = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'];

export const NEWEST_REVISION: WireRevision = '2026-07-28';

/**
 * Returns the wire revision of a protocol version. Defaults to 2025-03-26 without a version, as MCP requires of servers
 * (2025-06-18, transports, protocol version header).
 */
export function wireRevisionOf(protocolVersion: string | null): WireRevision {
  // Revisions are dates, so they sort as text.
  return WIRE_REVISIONS.findLast((revision) => protocolVersion !== null && revision <= protocolVersion) ?? '2025-03-26';
}
