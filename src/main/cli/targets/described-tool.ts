import { exampleWords } from '../calling/example-words.ts';
import type { SignedTool } from '../schema/signature.ts';
import { ownCommand } from '../terminal/own-command.ts';
import { sourceWords } from '../terminal/source-words.ts';
import type { ShownTool } from '../via/tool-host.ts';

/** The server that the command line itself names, by a URL or by a command. */
export interface TypedServer {
  /** URL of the server; undefined for a stdio server, or if the command uses connectors from a source. */
  readonly address?: string | undefined;
  readonly program?: readonly string[] | undefined;
}

/**
 * Returns the fields of a tool that its signature shows. If the command line itself names the server, the name of the
 * tool is shown without the id of the connector.
 */
export function signedTool(
  { name, connectorId, description, inputSchema, definition }: ShownTool,
  server: TypedServer,
): SignedTool {
  const { outputSchema, annotations } = definition;
  const isTyped = server.address !== undefined || server.program !== undefined;
  const shown = isTyped ? name.slice(connectorId.length + 1) : name;
  return { name: shown, description, inputSchema, outputSchema, annotations };
}

/** Returns a command line that calls a tool with example arguments, for the user to copy. */
export function exampleCall(tool: SignedTool, { address, program }: TypedServer): string {
  const words = exampleWords(tool.inputSchema);
  if (program !== undefined) return ownCommand('call', tool.name, ...words, ...sourceWords(), '--', ...program);
  const target = address === undefined ? [tool.name] : [address, tool.name];
  return ownCommand('call', ...target, ...words, ...sourceWords());
}
