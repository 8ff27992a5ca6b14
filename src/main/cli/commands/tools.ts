import { type SourceOptions, withManager } from '../source-options.ts';
import { EXIT, print, printJson } from '../terminal/output.ts';
import { renderTable } from '../terminal/render-table.ts';

export interface ToolsOptions extends SourceOptions {
  /** Only the tools of this connector. */
  readonly connector?: string;
}

const DESCRIPTION_LENGTH = 80;

/** Lists the tools. Resolves with the exit code: 0 if there is a map, whichever connectors are up. */
export function runTools(options: ToolsOptions): Promise<number> {
  return withManager(options, async (manager) => {
    await manager.sync();
    const tools = manager
      .listTools()
      .filter(({ connectorId }) => options.connector === undefined || connectorId === options.connector);
    if (options.json) {
      printJson({
        ok: true,
        tools: tools.map(({ name, connectorId, description, tags, inputSchema, isStale }) => ({
          name,
          connectorId,
          description,
          tags,
          inputSchema,
          isStale,
        })),
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
    return EXIT.ok;
  });
}

function firstWords(description: string): string {
  const line = description.replace(/\s+/g, ' ').trim();
  return line.length <= DESCRIPTION_LENGTH ? line : `${line.slice(0, DESCRIPTION_LENGTH - 1)}…`;
}
