import { isErrorCode, SwitchyardError } from '../../../shared/errors.ts';
import { isObject, type JsonObject, LEGACY_REVISIONS, MODERN_REVISION } from '../../mcp/json-rpc.ts';
import { type Fault, transportAttributes } from '../../observability/telemetry/mcp-attributes.ts';
import type { Served } from '../../observability/telemetry/server-operation.ts';
import type { View } from '../catalog/view.ts';
import type { Exchange } from '../messages/exchange.ts';
import { toRpcError } from '../messages/rpc-errors.ts';

/** Returns the data for the span and the metrics of a client's request (OpenTelemetry semantic conventions for MCP). */
export function servedRequest(method: string, params: JsonObject, exchange: Exchange, view: View): Served {
  const { id, headers, era, signal, session = null } = exchange;
  return {
    ...{ method, params, id, headers, transport: transportOf(headers) },
    agreed: () => agreedOf(headers, era, session),
    subject: () => knownSubject(method, params, view),
    faultOf: (error) => (signal.aborted ? CANCELLED : faultOf(error, era)),
  };
}

/** A message that belongs to no exchange: a handshake or a notification. */
export interface LoneMessage {
  readonly method: string;
  readonly params: JsonObject;
  /** Left out for a notification. */
  readonly id?: Exchange['id'];
}

/**
 * Returns the data for the span and the metrics of a handshake or a notification. `session` is called at the end,
 * because a handshake creates the session.
 */
export function servedMessage(
  message: LoneMessage,
  headers: Exchange['headers'],
  session: () => Exchange['session'],
): Served {
  return {
    ...{ method: message.method, params: message.params, id: message.id, headers, transport: transportOf(headers) },
    agreed: () => agreedOf(headers, isModernHeader(headers) ? 'modern' : 'legacy', session() ?? null),
    subject: () => null,
    faultOf: (error) => faultOf(error, 'legacy'),
  };
}

const OVER_HTTP = transportAttributes('http');
const OVER_STDIO = transportAttributes('stdio');

function transportOf(headers: Exchange['headers']): Served['transport'] {
  return headers === null ? OVER_STDIO : OVER_HTTP;
}

/** The client no longer waits for the response. */
const CANCELLED: Fault = { type: 'cancelled', rpcCode: null };

/** Returns the fault of the JSON-RPC error that the client gets. */
function faultOf(error: unknown, era: Exchange['era']): Fault {
  const { code, data } = toRpcError(error, era);
  const ownCode = isObject(data) && isErrorCode(data.code) ? data.code : undefined;
  const description = error instanceof SwitchyardError ? error.code : ownCode;
  return { type: String(code), rpcCode: code, description };
}

function agreedOf(
  headers: Exchange['headers'],
  era: Exchange['era'],
  session: Exchange['session'],
): ReturnType<Served['agreed']> {
  if (era === 'modern') return { revision: MODERN_REVISION, sessionId: null };
  // A stdio connection has only one session, and that session has no id.
  const sessionId = headers === null ? null : (session?.id ?? null);
  return { revision: session?.revision ?? legacyRevision(headers), sessionId };
}

/** Returns the revision in the header of a client without a session. */
function legacyRevision(headers: Exchange['headers']): string | null {
  const revision = headers?.['mcp-protocol-version'];
  return typeof revision === 'string' && LEGACY_REVISIONS.includes(revision) ? revision : null;
}

function isModernHeader(headers: Exchange['headers']): boolean {
  return headers?.['mcp-protocol-version'] === MODERN_REVISION;
}

/** Returns the tool or prompt that a request names, if the view shows one with this name. */
function knownSubject(method: string, { name, ref }: JsonObject, { tools, features }: View): string | null {
  if (method === 'completion/complete')
    return isObject(ref) && typeof ref.name === 'string' && features.reference(ref) !== null ? ref.name : null;
  if (typeof name !== 'string') return null;
  if (method === 'tools/call') return tools.lists(name) ? name : null;
  return method === 'prompts/get' && features.prompt(name) !== null ? name : null;
}
