import { isObject, type JsonObject, MODERN_REVISION } from '../../mcp/json-rpc.ts';
import type { View } from '../catalog/view.ts';
import { instanceMeta, serverCapabilities } from '../messages/capabilities.ts';
import type { NoticeStream, RequestId } from '../messages/exchange.ts';
import { invalidParams } from '../messages/rpc-errors.ts';
import type { GatewayHost } from './gateway-host.ts';
import type { ChangedList, ClientNotices, NoticeListener } from './notices/client-notices.ts';
import type { ResourceWatches } from './notices/resource-watches.ts';

const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

/**
 * Time to live of the response to `server/discover`. It is limited, because a connector with MCP Apps may appear at any
 * time.
 */
const DISCOVER_TTL_MS = 60_000;

/** Creates the result of `server/discover`. `servesUi` states whether a connector may serve MCP Apps. */
export function discoverResult(servesUi: boolean, host: Pick<GatewayHost, 'instanceId'>): JsonObject {
  return {
    supportedVersions: [MODERN_REVISION],
    capabilities: serverCapabilities({ hasNotices: true, servesUi }),
    ttlMs: DISCOVER_TTL_MS,
    cacheScope: 'private',
    _meta: instanceMeta(host),
  };
}

/** Fields of a subscription's filter that request notifications about changes of a list. */
const FLAGS: Readonly<Record<ChangedList, string>> = {
  tools: 'toolsListChanged',
  prompts: 'promptsListChanged',
  resources: 'resourcesListChanged',
};

/** Maximum number of resources that one subscription may watch. */
const MAX_WATCHED = 100;

/**
 * Serves a subscription (MCP 2026-07-28, subscriptions) until its client disconnects or the gateway closes, and
 * resolves with the closing result. The acknowledgement leaves out resources that cannot be watched. Rejects with an
 * RpcError for an invalid filter.
 */
export async function listen(
  params: JsonObject,
  id: RequestId,
  view: View,
  stream: NoticeStream,
  { notices, watches }: { readonly notices: ClientNotices; readonly watches: ResourceWatches },
): Promise<JsonObject> {
  const asked = params.notifications;
  if (!isObject(asked)) throw invalidParams('The parameter notifications is missing');
  const uris = new Set(Array.isArray(asked.resourceSubscriptions) ? (asked.resourceSubscriptions as unknown[]) : []);
  if (uris.size > MAX_WATCHED) throw invalidParams(`A subscription may watch at most ${MAX_WATCHED} resources`);
  const flags = Object.values(FLAGS).filter((flag) => asked[flag] === true);
  const meta = { [SUBSCRIPTION_ID]: id };
  const watched = new Map<string, { readonly connectorId: string; readonly stop: () => void }>();
  const listener: NoticeListener = {
    view,
    wants: (list) => flags.includes(FLAGS[list]),
    watches: (uri, connectorId) => watched.get(uri)?.connectorId === connectorId,
    logLevel: null,
    send: (method, sent) => stream.send(method, { ...sent, _meta: { ...asMeta(sent._meta), ...meta } }),
  };
  const watch = async (uri: unknown): Promise<void> => {
    if (typeof uri !== 'string') return;
    const found = findResource(uri, view);
    if (found === null) return;
    const { connectorId } = found;
    const stop = await watches.watch(connectorId, found.uri, stream.principal, stream.signal).catch(() => null);
    if (stop !== null) watched.set(uri, { connectorId, stop });
  };
  try {
    // The watches begin before the acknowledgement is sent, because every change after the acknowledgement must be
    // reported.
    await Promise.all([...uris].map(watch));
    const honoured = {
      ...Object.fromEntries(flags.map((flag) => [flag, true])),
      ...(watched.size > 0 && { resourceSubscriptions: [...watched.keys()] }),
    };
    notices.add(listener);
    stream.send('notifications/subscriptions/acknowledged', { notifications: honoured, _meta: meta });
    if (Object.keys(honoured).length > 0) await aborted(stream.signal);
    return { _meta: meta };
  } finally {
    notices.remove(listener);
    for (const { stop } of watched.values()) stop();
  }
}

/**
 * Returns the resource with this URI; null if it is unknown, or if several connectors have it. A subscription may be
 * acknowledged in part, so neither case is an error.
 */
function findResource(uri: string, view: View): ReturnType<View['features']['resource']> {
  try {
    return view.features.resource(uri);
  } catch {
    return null;
  }
}

function asMeta(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
