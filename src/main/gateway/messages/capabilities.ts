import { PACKAGE_VERSION } from '../../../shared/package-version.ts';
import { type HostSide, INSTANCE_KEY } from '../../mcp/host-side.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';

/** What clients are told about the gateway (MCP, `serverInfo`). */
export const SERVER_INFO: JsonObject = { name: 'mcp-switchyard', title: 'mcp-switchyard', version: PACKAGE_VERSION };

/** By which a gateway knows itself among its connectors. */
export function instanceMeta({ instanceId }: Pick<HostSide, 'instanceId'>): JsonObject {
  return { [INSTANCE_KEY]: instanceId };
}

/** What the gateway can do, whichever connectors there are: they come and go, and a list may be empty (MCP, `ServerCapabilities`). */
export const SERVER_CAPABILITIES: JsonObject = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {},
};

/** What the gateway says to connectors that it can do; each request names what its own client can, where the era has that. */
export const HOST_CAPABILITIES: JsonObject = {
  sampling: { tools: {}, context: {} },
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
};
