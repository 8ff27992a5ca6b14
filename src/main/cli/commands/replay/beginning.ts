import { isObject, type JsonObject, LEGACY_REVISIONS, MODERN_REVISION } from '../../../mcp/json-rpc.ts';
import type { Exchange } from './exchanges.ts';

const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
const PROTOCOL_VERSION = 'io.modelcontextprotocol/protocolVersion';

/** The server capability that each recorded method implies, by the prefix of the method. */
const CAPABILITIES = [
  ['tools/', 'tools'],
  ['prompts/', 'prompts'],
  ['resources/', 'resources'],
  ['completion/', 'completions'],
  ['logging/', 'logging'],
] as const;

/**
 * Returns a result for `initialize` or `server/discover`, for use if this method was not recorded. A recording contains
 * only the method that its client sent, but a client of the other protocol generation sends the other method. Returns
 * null for every method except these two, and if the recorded server does not speak the modern protocol.
 */
export function beginningOf(method: string, params: JsonObject, exchanges: readonly Exchange[]): JsonObject | null {
  if (method !== 'initialize' && method !== 'server/discover') return null;
  const discovered = discoverResult(exchanges);
  if (discovered === null || method === 'server/discover') return discovered;
  const { protocolVersion } = params;
  const isKnown = typeof protocolVersion === 'string' && LEGACY_REVISIONS.includes(protocolVersion);
  const { capabilities = {}, instructions } = discovered;
  return {
    protocolVersion: isKnown ? protocolVersion : LEGACY_REVISIONS[0],
    capabilities,
    serverInfo: serverInfoOf(discovered) ?? { name: 'replay', version: '0' },
    ...(instructions !== undefined && { instructions }),
  };
}

/**
 * Returns the recorded result of `server/discover`. If it was not recorded, derives a result from the recorded modern
 * requests. Returns null if no modern request was recorded.
 */
function discoverResult(exchanges: readonly Exchange[]): JsonObject | null {
  const recorded = exchanges.find(({ method }) => method === 'server/discover');
  const said = recorded === undefined ? null : resultOf(recorded);
  if (said !== null) return said;
  const modern = exchanges.filter(
    ({ params }) => isObject(params._meta) && params._meta[PROTOCOL_VERSION] === MODERN_REVISION,
  );
  if (modern.length === 0) return null;
  const info = modern.map((one) => serverInfoOf(resultOf(one) ?? {})).find((it) => it !== undefined);
  const able = CAPABILITIES.filter(([start]) => modern.some(({ method }) => method.startsWith(start)));
  return {
    resultType: 'complete',
    supportedVersions: [MODERN_REVISION],
    capabilities: Object.fromEntries(able.map(([, capability]) => [capability, {}])),
    ttlMs: 0,
    cacheScope: 'private',
    _meta: { [SERVER_INFO]: info ?? { name: 'replay', version: '0' } },
  };
}

function resultOf({ steps }: Exchange): JsonObject | null {
  for (const step of steps) if (step.kind === 'send' && isObject(step.message.result)) return step.message.result;
  return null;
}

function serverInfoOf({ _meta, serverInfo }: JsonObject): unknown {
  return serverInfo ?? (isObject(_meta) ? _meta[SERVER_INFO] : undefined);
}
