import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { nextTurn } from '../../../shared/clock.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import { MAX_BOUND_IMAGE_BYTES, sha256 } from '../../../shared/protocol/first-answers.ts';
import { readStartImage, startImageName } from '../../../shared/protocol/start-image.ts';
import type { RememberedConnector } from '../../../shared/tools/tool-records.ts';
import { isLocal } from '../../connectors/connection/local-entry.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { PinPolicy } from '../../options/option-checks.ts';
import type { KeptImage } from '../../state-dir/host-memory.ts';
import type { ToolInfo } from '../../tools/tool-info.ts';

/**
 * Maximum number of tools for which list responses are prepared for the next start. Longer lists are built at each
 * start.
 */
const MAX_TOOLS = 4_000;

/** Number of connectors compared in one turn of the event loop. */
const BATCH = 8;

/**
 * The tools that the gateway will list right after its next start, and the start image (a file) that contains these
 * tools.
 */
export interface RememberedList {
  readonly tools: readonly ToolInfo[];
  readonly image: { readonly name: string; readonly sha256: string };
}

/** The tools that a manager lists, and the facts that decided which tools it lists. */
export interface ListedFacts {
  readonly tools: readonly ToolInfo[];
  readonly entries: ReadonlyMap<string, ConnectorEntry>;
  /** Names of the tools that are hidden because the signed map does not approve their definitions. */
  readonly heldBack: ReadonlySet<string>;
}

/** Returns the tools that a manager lists now, and the facts that decided which tools it lists. */
export function listedFacts(manager: ConnectorProxyManager): ListedFacts {
  return {
    tools: manager.listTools(),
    entries: new Map(manager.listConnectors().map((entry) => [entry.id, entry])),
    heldBack: new Set(manager.status().heldBackTools.map(({ name }) => name)),
  };
}

/**
 * Returns the tools that a manager lists, if the start image contains the same tools, so that the next start lists them
 * too. Null if the image is missing, outdated, incomplete or too large. Also null if an enabled connector has no tools,
 * because the next start waits for that connector before it lists tools. Never rejects.
 */
export async function rememberedAsListed(
  { tools, entries, heldBack }: ListedFacts,
  { stateDir, scope }: KeptImage,
  policy: PinPolicy,
): Promise<RememberedList | null> {
  const name = startImageName(scope);
  const bytes = await readFile(join(stateDir, name)).catch(() => null);
  if (bytes === null || bytes.length > MAX_BOUND_IMAGE_BYTES) return null;
  const image = readStartImage(bytes, scope);
  if (image === null || tools.length === 0 || tools.length > MAX_TOOLS) return null;
  const byConnector = Map.groupBy(tools, ({ connectorId }) => connectorId);
  let count = 0;
  for (const connector of image.connectors) {
    count += 1;
    const listed = byConnector.get(connector.connectorId) ?? [];
    const entry = entries.get(connector.connectorId);
    if (entry?.endpoint !== connector.endpoint) return null;
    const approved = isLocal(entry) ? null : (entry.toolDigests ?? null);
    if (!isDeepStrictEqual(connector.toolDigests ?? null, approved)) return null;
    if (!saysTheSame(connector, listed, policy, heldBack)) return null;
    byConnector.delete(connector.connectorId);
    if (count % BATCH === 0) await nextTurn();
  }
  if (count !== image.header.connectorCount || byConnector.size > 0) return null;
  const listedIds = new Set(tools.map(({ connectorId }) => connectorId));
  const isWaitedFor = entries.values().some(({ id, status }) => status === 'enabled' && !listedIds.has(id));
  return isWaitedFor ? null : { tools, image: { name, sha256: sha256(bytes) } };
}

/**
 * True if the image contains the tools that the connector lists. The only other tools of the connector that it may
 * contain are hidden tools, which are held back or quarantined.
 */
function saysTheSame(
  { connectorId, tools, changes }: RememberedConnector,
  listed: readonly ToolInfo[],
  policy: PinPolicy,
  heldBack: ReadonlySet<string>,
): boolean {
  const byName = new Map(listed.map((tool) => [tool.definition.name, tool]));
  const quarantined = new Set(policy === 'quarantine' ? changes.map(({ tool }) => tool) : []);
  for (const { definition } of tools) {
    const tool = byName.get(definition.name);
    byName.delete(definition.name);
    if (tool === undefined) {
      const isHeld = quarantined.has(definition.name) || heldBack.has(`${connectorId}.${definition.name}`);
      if (!isHeld) return false;
    } else if (quarantined.has(definition.name) || !isDeepStrictEqual(tool.definition, definition)) return false;
  }
  return byName.size === 0;
}
