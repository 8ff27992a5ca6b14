import { recordDuration } from './durations.ts';
import { faultOf, transportAttributes } from './mcp-attributes.ts';

/** Facts about a connection to a connector, which become attributes of the metric. */
interface SessionFacts {
  readonly transport: string;
  readonly protocolVersion: string | null;
}

/** Records the duration of a connection to a connector. `error` is what ended the connection; null if no error did. */
export function recordClientSession(
  { transport, protocolVersion }: SessionFacts,
  url: URL,
  durationMs: number,
  error: Error | null,
): void {
  // A `custom` transport is a proxy that the host created. How this proxy reaches its server is unknown, so nothing is
  // recorded.
  if (transport === 'custom') return;
  const carried = transport === 'stdio' ? transportAttributes('stdio') : transportAttributes('http', url);
  const attributes = { ...carried, ...(protocolVersion !== null && { 'mcp.protocol.version': protocolVersion }) };
  recordDuration('mcp.client.session.duration', durationMs, attributes, error === null ? null : faultOf(error));
}

/** Records the duration of a gateway client's session. Only clients that use the legacy protocol have sessions. */
export function recordServerSession(transport: 'http' | 'stdio', revision: string, durationMs: number): void {
  const attributes = { ...transportAttributes(transport), 'mcp.protocol.version': revision };
  recordDuration('mcp.server.session.duration', durationMs, attributes);
}
