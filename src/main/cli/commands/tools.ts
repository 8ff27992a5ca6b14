import { isAddress } from '../flags/is-address.ts';
import { misuse } from '../flags/option-values.ts';
import type { ViaFlags } from '../flags/via-options.ts';
import { signatureText } from '../schema/signature.ts';
import type { SourceOptions } from '../source-options.ts';
import { connectorsOf, type NotUp, notUp, notUpFailure, type StartUp } from '../start-up.ts';
import { type AdHocOptions, adHocServer } from '../targets/ad-hoc.ts';
import { chooseTool, startConnector, syncEntries } from '../targets/chosen-connector.ts';
import { exampleCall, signedTool, type TypedServer } from '../targets/described-tool.ts';
import { answerJson, type Members } from '../terminal/json-document.ts';
import { counted, EXIT, print, printable } from '../terminal/output.ts';
import { renderTable } from '../terminal/render-table.ts';
import { terminalWidth } from '../terminal/width/terminal-width.ts';
import type { ShownTool, ToolHost } from '../via/tool-host.ts';
import { withToolHost } from '../via/with-tool-host.ts';
import { sayNotUp } from './sync.ts';

export interface ToolsOptions extends SourceOptions, AdHocOptions, ViaFlags {
  /** Id of the connector whose tools are listed. Defaults to all connectors. */
  readonly connector?: string;
}

/** The tools to show. */
interface Shown {
  readonly tools: readonly ShownTool[];
  /** Id of the connector that the user chose; undefined for all connectors. */
  readonly only?: string;
  /** Whether `tools` contains all tools of the connector, rather than one chosen tool. */
  readonly isWhole: boolean;
}

/**
 * Lists the tools of all connectors. If the command line names a connector or a tool, shows signatures, and starts only
 * that connector. Resolves with the exit code: 0 if every requested connector is up. Rejects with CONNECTOR_UNKNOWN or
 * TOOL_UNKNOWN.
 */
export async function runTools(words: readonly string[], options: ToolsOptions): Promise<number> {
  const address = words.find(isAddress);
  const server = adHocServer(address, options);
  const [target, ...rest] = words.filter((word) => word !== address);
  if (rest.length > 0 || (target !== undefined && options.connector !== undefined))
    throw misuse('Name one connector, one tool, or --connector ID');
  if (server !== null && options.connector !== undefined)
    throw misuse('--connector cannot be combined with a URL or a command after --: these name the server directly');
  const typed: TypedServer = { address, program: options.program };
  if (server !== null) {
    const tool = target === undefined ? null : `${server.id}.${target}`;
    return showOne({ ...options, adHoc: server }, { id: server.id, tool, typed });
  }
  if (options.connector !== undefined) return showOne(options, { id: options.connector, tool: null, typed });
  return target === undefined ? listAll(options) : showOne(options, { id: null, tool: target, typed });
}

/**
 * The connector or tool that {@link showOne} shows. If `id` is null, `tool` is the id of a connector or the name of a
 * tool.
 */
interface Target {
  readonly id: string | null;
  readonly tool: string | null;
  readonly typed: TypedServer;
}

function showOne(options: ToolsOptions, { id, tool, typed }: Target): Promise<number> {
  let only = id ?? undefined;
  return withToolHost(
    options,
    async (manager, startUp) => {
      await syncEntries(manager);
      const shown = await choose(manager, startUp, { id, tool, typed });
      only = shown.only;
      const connectors = connectorsOf(manager, only);
      const failure = notUpFailure(connectors);
      if (options.json) {
        const members = membersOf(shown.tools, notUp(manager, only), (each) => described(each, typed));
        answerJson(members, failure);
      } else print(shown.tools.map((each) => toolText(each, typed)).join('\n'));
      if (!options.json && shown.isWhole)
        print(`${shown.tools.length > 0 ? '\n' : ''}${counted(shown.tools.length, 'tool')}\n`);
      sayNotUp(connectors);
      return failure === null ? EXIT.ok : EXIT.failed;
    },
    { syncDeadlineMs: 1, connect: 'on-demand', only: () => only },
  );
}

async function choose(manager: ToolHost, startUp: StartUp, { id, tool }: Target): Promise<Shown> {
  if (tool === null || (id === null && manager.has(tool))) {
    const only = id ?? tool ?? '';
    await startConnector(manager, startUp, only);
    return { only, isWhole: true, tools: manager.listTools().filter(({ connectorId }) => connectorId === only) };
  }
  const chosen = await chooseTool(manager, startUp, tool);
  return { only: chosen.connectorId, isWhole: false, tools: chosen.tool === null ? [] : [chosen.tool] };
}

function listAll(options: ToolsOptions): Promise<number> {
  return withToolHost(options, async (manager, startUp) => {
    await manager.sync();
    await startUp.settled();
    const tools = manager.listTools();
    const connectors = connectorsOf(manager);
    const failure = notUpFailure(connectors);
    if (options.json) answerJson(membersOf(tools, notUp(manager)), failure);
    else {
      const rows = tools.map(({ name, description, isStale }) => [
        name,
        `${isStale ? '(remembered) ' : ''}${description.replace(/\s+/g, ' ').trim()}`,
      ]);
      print(renderTable(['tool', 'description'], rows));
      print(`\n${counted(tools.length, 'tool')}\n`);
    }
    sayNotUp(connectors);
    return failure === null ? EXIT.ok : EXIT.failed;
  });
}

function membersOf(
  tools: readonly ShownTool[],
  down: readonly NotUp[],
  more: (tool: ShownTool) => object = () => ({}),
): Members {
  return {
    tools: tools.map((tool) => {
      const { name, connectorId, description, tags, inputSchema, invalid, isStale } = tool;
      return { name, connectorId, description, tags, inputSchema, invalid, isStale, ...more(tool) };
    }),
    ...(down.length > 0 && { notUp: down }),
  };
}

function described(tool: ShownTool, typed: TypedServer): object {
  const signed = signedTool(tool, typed);
  const { outputSchema, annotations } = signed;
  const signature = signatureText(signed, { width: terminalWidth() });
  return { outputSchema, annotations, signature, example: exampleCall(signed, typed) };
}

function toolText(tool: ShownTool, typed: TypedServer): string {
  const signed = signedTool(tool, typed);
  const lines = [
    ...(tool.isStale ? ['// remembered from an earlier run'] : []),
    ...(tool.invalid === null ? [] : [`// its definition is not valid: ${tool.invalid}`]),
    ...signatureText(signed, { width: terminalWidth() }).split('\n'),
    `  ${exampleCall(signed, typed)}`,
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
