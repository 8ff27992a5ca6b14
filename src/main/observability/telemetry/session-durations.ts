import { recordDuration } from './durations.ts';
import { faultOf, transportAttributes } from './mcp-attributes.ts';

/** What a session says of itself. */
interface SessionFacts {
  readonly transport: string;
  readonly protocolVersion: string | null;
}

/** Records how long a connection to a connector was up, and the error that ended it; null if none did. */
export function recordClientSession(
  { transport, protocolVersion }: SessionFacts,
  url: URL,
  durationMs: number,
  error: Error | null,
): void {
  // How a host's own proxy reaches its server is its own affair.
  if (transport === 'custom') return;
  const carried = transport === 'stdio' ? transportAttributes('stdio') : transportAttributes('http', url);
  const attributes = { ...carried, ...(protocolVersion !== null && { 'mcp.protocol.version': protocolVersion }) };
  recordDuration('mcp.client.session.duration', durationMs, attributes, error === null ? null : faultOf(error));
}

/** Records how long the session of a legacy client lasted; later revisions have none. */
export function recordServerSession(transport: 'http' | 'stdio', revision: string, durationMs: number): void {
  const attributes = { ...transportAttributes(transport), 'mcp.protocol.version': revision };
  recordDuration('mcp.server.session.duration', durationMs, attributes);
}
