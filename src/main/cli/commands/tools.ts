import { SwitchyardError } from '../../../shared/errors.ts';
import { nearestName } from '../../local-config/nearest-name.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { type SourceOptions, withManager } from '../source-options.ts';
import { connectorsOf, notUp, type StartUp } from '../start-up.ts';
import { EXIT, print, printable, printJson } from '../terminal/output.ts';
import { renderTable } from '../terminal/render-table.ts';
import { sayNotUp } from './sync.ts';

export interface ToolsOptions extends SourceOptions {
  /** Only the tools of this connector. */
  readonly connector?: string;
}

const DESCRIPTION_LENGTH = 80;

/** Lists the tools. Resolves with the exit code: 0 if all connectors are up. Rejects with CONNECTOR_UNKNOWN. */
export function runTools(options: ToolsOptions): Promise<number> {
  const { connector: only } = options;
  const work = async (manager: ConnectorProxyManager, startUp: StartUp): Promise<number> => {
    await manager.sync();
    if (only !== undefined && !manager.has(only)) throw unknownConnector(manager, only);
    await startUp.settled(only);
    const tools = manager.listTools().filter(({ connectorId }) => only === undefined || connectorId === only);
    const down = notUp(manager, only);
    if (options.json) {
      printJson({
        ok: down.length === 0,
        tools: tools.map(({ name, connectorId, description, tags, inputSchema, invalid, isStale }) => ({
          name,
          connectorId,
          description,
          tags,
          inputSchema,
          invalid,
          isStale,
        })),
        ...(down.length > 0 && { notUp: down }),
      });
    } else {
      print(
        renderTable(
          ['tool', 'description'],
          tools.map(({ name, description, isStale }) => [
            name,
            `${isStale ? '(remembered) ' : ''}${firstWords(description)}`,
          ]),
        ),
      );
      print(`\n${tools.length} tools\n`);
    }
    sayNotUp(connectorsOf(manager, only));
    return down.length === 0 ? EXIT.ok : EXIT.failed;
  };
  // One connector is waited for by its start alone, not by the sync of all.
  return withManager(options, work, only === undefined ? {} : { syncDeadlineMs: 1, only: () => only });
}

/** The error for a connector that there is not, with the name that was perhaps meant. */
export function unknownConnector(manager: ConnectorProxyManager, id: string): SwitchyardError {
  const nearest = nearestName(
    id,
    manager.listConnectors().map((entry) => entry.id),
  );
  const meant = nearest === null ? '`status` lists all of them.' : `Did you mean ${printable(nearest)}?`;
  return new SwitchyardError('CONNECTOR_UNKNOWN', `There is no connector ${printable(id)}. ${meant}`);
}

function firstWords(description: string): string {
  const line = description.replace(/\s+/g, ' ').trim();
  return line.length <= DESCRIPTION_LENGTH ? line : `${line.slice(0, DESCRIPTION_LENGTH - 1)}…`;
}
