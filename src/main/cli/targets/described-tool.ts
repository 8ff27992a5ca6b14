import { exampleWords } from '../calling/example-words.ts';
import type { SignedTool } from '../schema/signature.ts';
import { ownCommand } from '../terminal/own-command.ts';
import { sourceWords } from '../terminal/source-words.ts';
import type { ShownTool } from '../via/tool-host.ts';

/** How the running command names the server that it works with. */
export interface TypedServer {
  /** A URL; undefined for a stdio server, and for connectors of a configuration. */
  readonly address?: string | undefined;
  readonly program?: readonly string[] | undefined;
}

/** Returns the fields that a signature shows; a tool of a typed server is named without the id of its connector. */
export function signedTool(
  { name, connectorId, description, inputSchema, definition }: ShownTool,
  server: TypedServer,
): SignedTool {
  const { outputSchema, annotations } = definition;
  const isTyped = server.address !== undefined || server.program !== undefined;
  const shown = isTyped ? name.slice(connectorId.length + 1) : name;
  return { name: shown, description, inputSchema, outputSchema, annotations };
}

/** Returns a command that calls a tool, to copy into a shell. */
export function exampleCall(tool: SignedTool, { address, program }: TypedServer): string {
  const words = exampleWords(tool.inputSchema);
  if (program !== undefined) return ownCommand('call', tool.name, ...words, ...sourceWords(), '--', ...program);
  const target = address === undefined ? [tool.name] : [address, tool.name];
  return ownCommand('call', ...target, ...words, ...sourceWords());
}
