import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { View } from '../catalog/view.ts';
import { clientNameOf, servedCapabilities } from '../messages/capabilities.ts';
import { agreedRevision } from '../protocol/legacy-methods.ts';
import { ClientSession } from '../protocol/notices/client-session.ts';

/** Principal of a stdio gateway's only client. */
export const PRINCIPAL = 'stdio';

/**
 * Creates the session that the parameters of `initialize` request; `write` takes a message as JSON. Throws an RpcError.
 */
export function createStdioSession(params: JsonObject, view: View, write: (json: string) => void): ClientSession {
  const revision = agreedRevision(params);
  const capabilities = servedCapabilities(params.capabilities);
  const clientName = clientNameOf(params.clientInfo);
  const who = { id: 'stdio', principal: PRINCIPAL, clientName };
  const send = (message: JsonObject): boolean => {
    write(JSON.stringify(message));
    return true;
  };
  return new ClientSession({ ...who, view, revision, capabilities }, send, 'stdio');
}
