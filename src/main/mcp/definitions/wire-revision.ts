/**
 * The revisions of MCP in which the format of definitions changed. Each item also stands for all revisions between it
 * and the next item. The first item also stands for all earlier revisions.
 */
export type WireRevision = '2025-03-26' | '2025-06-18' | '2025-11-25' | '2026-07-28';

export const WIRE_REVISIONS: readonly WireRevision[] = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'];

export const NEWEST_REVISION: WireRevision = '2026-07-28';

/**
 * Returns the wire revision for a protocol version. Without a version, returns 2025-03-26, as MCP requires of servers
 * (2025-06-18, transports, protocol version header).
 */
export function wireRevisionOf(protocolVersion: string | null): WireRevision {
  // Revisions are dates such as 2025-06-18, so comparing them as text gives their order.
  return WIRE_REVISIONS.findLast((revision) => protocolVersion !== null && revision <= protocolVersion) ?? '2025-03-26';
}
