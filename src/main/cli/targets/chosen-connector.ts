import { SwitchyardError } from '../../../shared/errors.ts';
import { nearestName } from '../../../shared/nearest-name.ts';
import { connectorsOf, notUp, type StartUp } from '../start-up.ts';
import { printable } from '../terminal/output.ts';
import type { ShownTool, ToolHost } from '../via/tool-host.ts';
import { toolNamed, toolNamesOf } from './tool-name.ts';
import { connectorsNamed, meantInstead, unknownConnector, unknownTool } from './unknown-names.ts';

/** The tool that a command line names. Its connector was started. */
export interface ChosenTool {
  readonly connectorId: string;
  /** Name of the tool, to be passed to `callTool`. */
  readonly name: string;
  /** Definition of the tool; null if it is unknown, because the connector is down or the tool is held back. */
  readonly tool: ShownTool | null;
}

/**
 * Reads the sources without starting a connector. If a map cannot be fetched, continues with the connectors from files
 * and from the stored copy of the map. Rejects as `sync()` does if there are no connectors.
 */
export async function syncEntries(manager: ToolHost): Promise<void> {
  await manager.sync().catch((error: unknown) => {
    if (manager.listConnectors().length === 0) throw error;
  });
}

/**
 * Starts the connector with this id and no other. Waits until the connector is up or has failed to start. Rejects with
 * CONNECTOR_UNKNOWN.
 */
export async function startConnector(manager: ToolHost, startUp: StartUp, id: string): Promise<void> {
  if (!manager.has(id)) throw unknownConnector(manager, id);
  await startUp.settled(id);
}

/**
 * Finds the tool that `written` names, and starts only the connector of that tool. Accepts `connector.tool`, or the
 * name that a gateway would show. If there is only one connector, also accepts the name of the tool alone. Rejects with
 * CONNECTOR_UNKNOWN or TOOL_UNKNOWN, with a similar name if there is one.
 */
export async function chooseTool(manager: ToolHost, startUp: StartUp, written: string): Promise<ChosenTool> {
  const ids = manager.listConnectors().map(({ id }) => id);
  const [only] = ids;
  const named = toolNamesOf(written, ids)[0];
  const name =
    named ?? (ids.length === 1 && only !== undefined ? { connectorId: only, tool: written, separator: '.' } : null);
  if (name === null) throw nothingNamed(manager, written, ids);
  const { connectorId } = name;
  await startUp.settled(connectorId);
  const tools = manager.listTools().filter((tool) => tool.connectorId === connectorId);
  const tool = toolNamed(written, name, tools) ?? null;
  if (tool !== null) return { connectorId, name: tool.name, tool };
  const isUp = notUp(manager, connectorId).length === 0 && connectorsOf(manager, connectorId)[0]?.state !== 'disabled';
  const isHeld = isHeldBack(manager, `${connectorId}.${name.tool}`);
  if (!isUp || isHeld) return { connectorId, name: `${connectorId}.${name.tool}`, tool: null };
  const names = tools.map(({ name: listed }) => listed.slice(connectorId.length + 1));
  throw unknownTool(connectorId, name.tool, names);
}

function isHeldBack(manager: ToolHost, name: string): boolean {
  const { changedTools, heldBackTools } = manager.status();
  return [...changedTools, ...heldBackTools].some((tool) => tool.name === name);
}

/** Creates the error for a name that does not start with the id of a connector. */
function nothingNamed(manager: ToolHost, written: string, ids: readonly string[]): SwitchyardError {
  const connector = /^(.+?)(?:\.|__|[^\w.-])/.exec(written)?.[1] ?? nearestName(written, ids) ?? undefined;
  if (connector !== undefined) return unknownConnector(manager, written.startsWith(connector) ? connector : written);
  // These are tools from an earlier run, because no connector has been started yet.
  const remembered = manager.listTools();
  const same = remembered.find(({ definition }) => definition.name === written);
  const meant =
    same === undefined
      ? meantInstead(
          written,
          remembered.map(({ name }) => name),
        )
      : null;
  const hint = same === undefined ? (meant ?? connectorsNamed(ids)) : `Did you mean ${printable(same.name)}?`;
  return new SwitchyardError('TOOL_UNKNOWN', `There is no connector or tool ${printable(written)}. ${hint}`);
}
