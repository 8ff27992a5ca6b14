import { recordDuration } from './durations.ts';
import { faultOf, transportAttributes } from './mcp-attributes.ts';

/** Facts about the connection to a connector. */
interface SessionFacts {
  readonly transport: string;
  readonly protocolVersion: string | null;
}

/** Records how long a connection to a connector lasted. `error` is the error that ended the connection, if any. */
export function recordClientSession(
  { transport, protocolVersion }: SessionFacts,
  url: URL,
  durationMs: number,
  error: Error | null,
): void {
  // A `custom` transport is a proxy that the host created. How this proxy reaches its server is unknown.
  if (transport === 'custom') return;
  const carried = transport === 'stdio' ? transportAttributes('stdio') : transportAttributes('http', url);
  const attributes = { ...carried, ...(protocolVersion !== null && { 'mcp.protocol.version': protocolVersion }) };
  recordDuration('mcp.client.session.duration', durationMs, attributes, error === null ? null : faultOf(error));
}

/**
 * Records how long the session of a gateway client with the legacy protocol lasted. The modern protocol has no
 * sessions.
 */
export function recordServerSession(transport: 'http' | 'stdio', revision: string, durationMs: number): void {
  const attributes = { ...transportAttributes(transport), 'mcp.protocol.version': revision };
  recordDuration('mcp.server.session.duration', durationMs, attributes);
}
