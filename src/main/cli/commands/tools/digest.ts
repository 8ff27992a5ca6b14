import { approvedDigest } from '../../../../shared/tools/approved-digest.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { type SourceOptions, withManager } from '../../source-options.ts';
import { connectorsOf, notUpFailure, type StartUp } from '../../start-up.ts';
import { startConnector, syncEntries } from '../../targets/chosen-connector.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print, printable, say } from '../../terminal/output.ts';
import { sayNotUp } from '../sync.ts';

/** Tool names that a service map cannot contain as keys (MAP_FORBIDDEN_KEY). */
const UNNAMEABLE: ReadonlySet<string> = new Set(['__proto__', 'constructor']);

/**
 * Prints the field `toolDigests` for the entry of a connector. The field approves the tools that the connector lists
 * now, including tools that are held back because the current map does not approve them. Resolves with the exit code: 0
 * if the connector is up. Rejects with CONNECTOR_UNKNOWN.
 */
export function runToolsDigest(connectorId: string, options: SourceOptions): Promise<number> {
  const work = async (manager: ConnectorProxyManager, startUp: StartUp): Promise<number> => {
    await syncEntries(manager);
    await startConnector(manager, startUp, connectorId);
    const connectors = connectorsOf(manager, connectorId);
    const failure = notUpFailure(connectors);
    const { toolDigests, leftOut } = digestsOf(manager, connectorId);
    if (options.json) answerJson({ connector: connectorId, toolDigests, leftOut }, failure);
    else if (failure === null) print(`"toolDigests": ${JSON.stringify(toolDigests, null, 2)}\n`);
    for (const name of leftOut) say(`${printable(name)} is left out: its definition is invalid, or no map can name it`);
    sayNotUp(connectors);
    return failure === null ? EXIT.ok : EXIT.failed;
  };
  // Without state and pins, the manager knows only the definitions that the server lists now.
  return withManager({ ...options, state: false, pinTools: 'off' }, work, {
    syncDeadlineMs: 1,
    connect: 'on-demand',
    only: () => connectorId,
  });
}

function digestsOf(
  manager: ConnectorProxyManager,
  connectorId: string,
): { readonly toolDigests: Readonly<Record<string, string>>; readonly leftOut: readonly string[] } {
  const isIts = (tool: { readonly connectorId: string }): boolean => tool.connectorId === connectorId;
  const listed = manager.listTools().filter(isIts);
  const isUsable = ({ invalid, definition }: (typeof listed)[number]): boolean =>
    invalid === null && !UNNAMEABLE.has(definition.name);
  const held = manager.status().heldBackTools.filter(isIts);
  const digests = [
    ...listed.filter(isUsable).map(({ definition }) => [definition.name, approvedDigest(definition)] as const),
    ...held.map(({ tool, digest }) => [tool, digest] as const),
  ].sort(([a], [b]) => (a < b ? -1 : 1));
  const leftOut = listed.filter((tool) => !isUsable(tool)).map(({ definition }) => definition.name);
  return { toolDigests: Object.fromEntries(digests), leftOut };
}
