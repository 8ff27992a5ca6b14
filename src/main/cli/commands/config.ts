import { isHttpEndpoint } from '../../../shared/map/service-map.ts';
import { nearestName } from '../../../shared/nearest-name.ts';
import { misuse } from '../flags/option-values.ts';
import { answerJson } from '../terminal/json-document.ts';
import { mergeOutputFile } from '../terminal/merge-output-file.ts';
import { EXIT, print, say } from '../terminal/output.ts';
import { ownProgram } from '../terminal/own-command.ts';
import { clientSnippet, type Way } from './config/client-snippet.ts';
import { SNIPPET_CLIENTS, type SnippetClient } from './config/snippet-clients.ts';

/** Options of `mcp-switchyard config`. */
export interface ConfigOptions {
  readonly url: string;
  readonly name: string;
  readonly tokenEnv?: string;
  readonly stdio: boolean;
  /** A configuration file of the client, to which the gateway is added. It is created if it does not exist. */
  readonly into?: string;
  /** Whether to replace a server of the same name in that file. */
  readonly force: boolean;
  readonly json: boolean;
}

/**
 * Prints a configuration that makes the client called `client` use this gateway, or adds it to a file of that client.
 * Resolves with the exit code. Rejects with OPTIONS_INVALID for an unknown client, for `serve` arguments without
 * `--stdio`, and if the file has another server of that name. Rejects with CONFIG_INVALID if the file does not have the
 * client's format.
 */
export async function runConfig(client: string, serveArgs: readonly string[], options: ConfigOptions): Promise<number> {
  const known = knownClient(client);
  const way = wayOf(serveArgs, options);
  if (known === 'zed' && way.kind === 'http' && way.tokenEnv !== null)
    throw misuse(
      'Zed does not replace variables in headers: leave out --token-env and enter the token in Zed, or use --stdio',
    );
  const { written, files, command, advice } = clientSnippet(known, options.name, way, process.platform);
  const { into } = options;
  if (into !== undefined) {
    const change = mergeOutputFile(into, written, { mode: 0o666, mayReplace: options.force });
    if (options.json) answerJson({ client: known, file: into, change, snippet: written.document });
    say(change === 'none' ? `${into} has it already` : `${change === 'created' ? 'Created' : 'Changed'} ${into}`);
    say(nextStep(known, way));
    return EXIT.ok;
  }
  if (options.json) answerJson({ client: known, files, command, snippet: written.document });
  else print(written.text);
  say(advice);
  return EXIT.ok;
}

/** Returns the user's next step after the gateway was added to the client's file. */
function nextStep(client: SnippetClient, way: Way): string {
  const start = way.kind === 'http' ? `Make sure that the gateway runs at ${way.url}, then restart` : 'Restart';
  return `${start} ${client}, so that it reads the file again`;
}

function knownClient(asked: string): SnippetClient {
  const known = SNIPPET_CLIENTS.find((client) => client === asked);
  if (known !== undefined) return known;
  const nearest = nearestName(asked, SNIPPET_CLIENTS);
  const which = nearest === null ? `The known clients are ${SNIPPET_CLIENTS.join(', ')}` : `Did you mean ${nearest}?`;
  throw misuse(`No client is called ${JSON.stringify(asked)}. ${which}`);
}

function wayOf(serveArgs: readonly string[], { stdio, url, tokenEnv }: ConfigOptions): Way {
  if (stdio) return { kind: 'stdio', program: ownProgram(), serveArgs: serveArgs.filter((arg) => arg !== '--stdio') };
  if (serveArgs.length > 0) throw misuse('Arguments after -- are for a gateway that the client starts: add --stdio');
  // The error messages below do not quote the values, because they may contain secrets.
  if (url.length > 2048 || !isHttpEndpoint(url)) throw misuse('--url must be an http or https URL without credentials');
  if (tokenEnv !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(tokenEnv))
    throw misuse('--token-env must be the name of a variable, and not the token itself');
  return { kind: 'http', url, tokenEnv: tokenEnv ?? null };
}
