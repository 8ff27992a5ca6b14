import type { EarlyMessage, FirstSession, ToldPage } from '../../../shared/protocol/first-answers.ts';
import { wireRevisionOf } from '../../mcp/definitions/wire-revision.ts';
import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import { ToolList } from '../catalog/tool-list.ts';
import { pagesOf, rememberedTools } from '../first-answers/build-first-answers.ts';
import { servedCapabilities } from '../messages/capabilities.ts';
import { asClientMessage } from '../messages/client-message.ts';
import { CLIENT_CAPABILITIES } from '../protocol/modern-envelope.ts';
import type { StdioClient, StdioOptions } from './stdio-client.ts';

/**
 * Resumes a client whose first messages were answered before the gateway existed. Its earlier messages take effect, and
 * the client is notified if the current tools differ from the tools that it was sent. Resolves when the remembered
 * tools are restored.
 */
export async function resumeClient(client: StdioClient, first: FirstSession, options: StdioOptions): Promise<void> {
  const { gateway, view } = options;
  // The client's capabilities are set before the wait, because a connector that comes up during the wait receives them.
  client.capabilities = first.messages.map(capabilitiesIn).findLast((found) => found !== null) ?? null;
  await gateway.manager.restored();
  for (const { message, tookMs } of first.messages) resume(client, message, tookMs, options);
  const { session } = client;
  if (session === null) return;
  const wire = wireRevisionOf(session.revision);
  const told = first.told.filter((page) => page.wire === wire);
  if (told.length === 0) return;
  const pages = pagesOf(new ToolList(rememberedTools(gateway.manager.listTools()), view.route), wire);
  const isSame = ({ cursor, json }: ToldPage): boolean =>
    pages.some((page) => page.cursor === cursor && page.json === json);
  if (!told.every(isSame)) session.send('notifications/tools/list_changed', {});
}

function resume(
  client: StdioClient,
  message: JsonObject,
  tookMs: EarlyMessage['tookMs'],
  { gateway }: StdioOptions,
): void {
  const incoming = asClientMessage(message);
  if (incoming.kind !== 'request' || tookMs === null) return;
  const { method, params } = incoming;
  if (method === 'initialize') {
    gateway.notices.addKnowing(client.openSession(params));
    return;
  }
  if (method === 'logging/setLevel' && client.session !== null) {
    client.session.logLevel = String(params.level);
    gateway.levels.want(client.session, String(params.level));
  }
  gateway.server.answered(method, tookMs);
}

/** Returns the client capabilities in a message; null if it has none. */
function capabilitiesIn({ message: { method, params } }: EarlyMessage): JsonObject | null {
  if (!isObject(params)) return null;
  if (method === 'initialize') return servedCapabilities(params.capabilities);
  const capabilities = isObject(params._meta) ? params._meta[CLIENT_CAPABILITIES] : undefined;
  return isObject(capabilities) ? servedCapabilities(capabilities) : null;
}
