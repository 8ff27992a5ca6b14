import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import { type SourceOptions, withManager } from '../source-options.ts';
import { EXIT, print, printable, printJson, say } from '../terminal/output.ts';
import { readInput } from '../terminal/read-input.ts';

export interface CallOptions extends SourceOptions {
  /** Deadline of the call itself, ms. */
  readonly callTimeout?: number;
}

/** Calls one tool. Resolves with the exit code: 0 if it succeeded, 3 if it ran and failed. */
export async function runCall(tool: string, argsText: string | undefined, options: CallOptions): Promise<number> {
  const args = await parseArguments(argsText);
  // Only the tool's own connector is waited for.
  return withManager(
    options,
    async (manager, startUp) => {
      await manager.sync();
      const owner = ownerOf(manager, tool);
      if (owner !== undefined) await startUp.settled(owner);
      const result = await manager.callTool(tool, args, {
        timeoutMs: options.callTimeout,
        onProgress: ({ progress, total, message }) => {
          const of = total === undefined ? '' : ` of ${total}`;
          say(`  ${progress}${of}${message === undefined ? '' : `: ${printable(message)}`}`);
        },
      });
      const ok = result.isError !== true;
      if (options.json) printJson({ ok, tool, result });
      else print(contentText(result));
      return ok ? EXIT.ok : EXIT.toolFailed;
    },
    { syncDeadlineMs: 1, only: (manager) => ownerOf(manager, tool) ?? tool },
  );
}

/** The connector whose tool this is, by its name: the one with the longest id. */
function ownerOf(manager: ConnectorProxyManager, tool: string): string | undefined {
  for (let dot = tool.lastIndexOf('.'); dot > 0; dot = tool.lastIndexOf('.', dot - 1))
    if (manager.has(tool.slice(0, dot))) return tool.slice(0, dot);
  return undefined;
}

/** The arguments: JSON on the command line, or on stdin where that is `-`. */
async function parseArguments(text: string | undefined): Promise<Record<string, unknown>> {
  if (text === undefined) return {};
  const json = text === '-' ? new TextDecoder().decode(await readInput(text)) : text;
  try {
    const args: unknown = JSON.parse(json);
    if (typeof args === 'object' && args !== null && !Array.isArray(args)) return args as Record<string, unknown>;
  } catch (cause) {
    throw new SwitchyardError('OPTIONS_INVALID', `The arguments of the tool are not JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
  throw new SwitchyardError(
    'OPTIONS_INVALID',
    'The arguments of the tool must be a JSON object, such as \'{"city":"Bern"}\'',
  );
}

/** Texts as they are, anything else as JSON. What a tool says must not steer a terminal. */
function contentText({ content }: ToolResult): string {
  const parts = content.map((part) => (part.type === 'text' ? part.text : JSON.stringify(part, null, 2)));
  const shown = process.stdout.isTTY ? parts.map((part) => part.split('\n').map(printable).join('\n')) : parts;
  return shown.map((part) => `${part}\n`).join('');
}
