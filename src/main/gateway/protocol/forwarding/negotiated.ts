import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { isObject } from '../../../mcp/json-rpc.ts';

type Manager = Pick<ConnectorProxyManager, 'facts'>;

/** The first revision in which servers declare completions (MCP 2025-03-26, changelog). */
const FIRST_WITH_COMPLETIONS = '2025-03-26';

/**
 * True if requests for a feature may be sent to a connector (MCP, `ServerCapabilities`). That is the case if the
 * connector declared the feature, or if it is not connected, so that its capabilities are unknown. Some servers hang or
 * drop the connection at a method that they did not declare.
 */
export function offers(
  connectorId: string,
  feature: 'prompts' | 'resources' | 'completions',
  manager: Manager,
): boolean {
  const facts = manager.facts(connectorId);
  if (facts === null || isDeclared(facts.capabilities[feature])) return true;
  return feature === 'completions' && (facts.protocolVersion ?? FIRST_WITH_COMPLETIONS) < FIRST_WITH_COMPLETIONS;
}

/**
 * True if a connector reports changes to individual resources. Also true if the connector is not connected, because it
 * is then unknown whether it does.
 */
export function offersUpdates(connectorId: string, manager: Manager): boolean {
  const facts = manager.facts(connectorId);
  if (facts === null) return true;
  const { resources } = facts.capabilities;
  return isObject(resources) && isDeclared(resources.subscribe);
}

function isDeclared(capability: unknown): boolean {
  return capability !== undefined && capability !== null && capability !== false;
}
