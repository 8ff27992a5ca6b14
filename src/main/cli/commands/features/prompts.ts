import { SwitchyardError } from '../../../../shared/errors.ts';
import { nearestName } from '../../../../shared/nearest-name.ts';
import { isObject } from '../../../mcp/json-rpc.ts';
import { createFileReader, readArguments } from '../../calling/read-arguments.ts';
import { isAddress } from '../../flags/is-address.ts';
import { misuse } from '../../flags/option-values.ts';
import { partOf } from '../../results/content-parts.ts';
import { partText } from '../../results/content-text.ts';
import { withManager } from '../../source-options.ts';
import { connectorsOf, notUpFailure } from '../../start-up.ts';
import { adHocServer } from '../../targets/ad-hoc.ts';
import { startConnector, syncEntries } from '../../targets/chosen-connector.ts';
import { type Feature, listFeatures } from '../../targets/list-features.ts';
import { toolNamesOf } from '../../targets/tool-name.ts';
import { unknownConnector } from '../../targets/unknown-names.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { counted, EXIT, print, printable } from '../../terminal/output.ts';
import { renderTable } from '../../terminal/render-table.ts';
import { sayNotUp } from '../sync.ts';
import { type FeatureOptions, textOf, withFeatures } from './with-features.ts';

/**
 * Lists the prompts of all connectors. If the command line names one connector, starts and lists only that one.
 * Resolves with the exit code: 0 if every requested connector is up. Rejects with CONNECTOR_UNKNOWN for an unknown id.
 */
export function runPrompts(words: readonly string[], options: FeatureOptions): Promise<number> {
  return withFeatures(words, options, async (manager, ids, failure) => {
    const prompts = (await Promise.all(ids.map((id) => listFeatures(manager, id, 'prompts')))).flat();
    if (options.json)
      answerJson({ prompts: prompts.map(({ connectorId, item }) => ({ connectorId, ...item })) }, failure);
    else {
      const rows = prompts.map(({ connectorId, item }) => [
        `${connectorId}.${textOf(item.name)}`,
        argumentsOf(item)
          .map(({ name, isRequired }) => `${name}${isRequired ? '' : '?'}`)
          .join(', '),
        textOf(item.description) || textOf(item.title),
      ]);
      print(renderTable(['prompt', 'arguments', 'description'], rows));
      print(`\n${counted(prompts.length, 'prompt')}\n`);
    }
    return failure === null ? EXIT.ok : EXIT.failed;
  });
}

/**
 * Prints the messages of a prompt. `words` begin with `CONNECTOR.PROMPT`, or with the URL of a server and the name of
 * the prompt. Arguments in the form `key=value` follow. Resolves with the exit code. Rejects with CONNECTOR_UNKNOWN,
 * OPTIONS_INVALID, or as the manager's `request` does.
 */
export function runPromptsGet(words: readonly string[], options: FeatureOptions): Promise<number> {
  const [first = '', ...rest] = words;
  const server = adHocServer(isAddress(first) ? first : undefined, options);
  const [name = '', ...given] = isAddress(first) ? rest : words;
  if (name === '') throw misuse('The prompt is missing: name it as CONNECTOR.PROMPT');
  let only = server?.id;
  return withManager(
    server === null ? options : { ...options, adHoc: server },
    async (manager, startUp) => {
      await syncEntries(manager);
      const ids = manager.listConnectors().map(({ id }) => id);
      const target = server === null ? toolNamesOf(name, ids)[0] : { connectorId: server.id, tool: name };
      const connectorId = target?.connectorId ?? (ids.length === 1 ? ids[0] : undefined);
      if (connectorId === undefined) throw unknownConnector(manager, name.split('.', 1)[0] ?? name);
      only = connectorId;
      await startConnector(manager, startUp, connectorId);
      const failure = notUpFailure(connectorsOf(manager, connectorId));
      if (failure !== null) {
        answerJson({}, failure);
        sayNotUp(manager.status().connectors);
        return EXIT.failed;
      }
      const prompts = await listFeatures(manager, connectorId, 'prompts');
      const prompt = promptNamed(target?.tool ?? name, connectorId, prompts);
      const args = await promptArguments(prompt, given);
      const result = await manager.request(connectorId, 'prompts/get', { name: prompt.item.name, arguments: args });
      if (options.json) answerJson({ prompt: `${connectorId}.${textOf(prompt.item.name)}`, result });
      else print(messagesText(result.messages));
      return EXIT.ok;
    },
    { syncDeadlineMs: 1, connect: 'on-demand', only: () => only },
  );
}

function promptNamed(name: string, connectorId: string, prompts: readonly Feature[]): Feature {
  const found = prompts.find(({ item }) => item.name === name);
  if (found !== undefined) return found;
  const names = prompts.map(({ item }) => textOf(item.name));
  const nearest = nearestName(name, names);
  const meant = nearest === null ? `It has ${names.map(printable).join(', ') || 'none'}.` : `Did you mean ${nearest}?`;
  throw new SwitchyardError('OPTIONS_INVALID', `Connector ${connectorId} has no prompt ${printable(name)}. ${meant}`);
}

/**
 * Reads the arguments of a prompt. Their values are always strings. Throws OPTIONS_INVALID for a missing or unknown
 * argument.
 */
async function promptArguments(prompt: Feature, words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const known = argumentsOf(prompt.item);
  const schema = {
    type: 'object',
    properties: Object.fromEntries(known.map(({ name }) => [name, { type: 'string' }])),
    required: known.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    additionalProperties: false,
  };
  const { args, problems } = await readArguments({ words, form: null, documents: [] }, schema, createFileReader());
  if (problems.length === 0) return args;
  const list = problems.map(({ path, text }) => `${path.join('.')} ${text}`).join('; ');
  throw misuse(`Wrong arguments for ${textOf(prompt.item.name)} (nothing was sent): ${list}`);
}

function argumentsOf({
  arguments: list,
}: Readonly<Record<string, unknown>>): readonly { readonly name: string; readonly isRequired: boolean }[] {
  return (Array.isArray(list) ? list : [])
    .filter(isObject)
    .map(({ name, required }) => ({ name: textOf(name), isRequired: required === true }));
}

function messagesText(messages: unknown): string {
  return (Array.isArray(messages) ? messages : [])
    .filter(isObject)
    .map(({ role, content }) => `${printable(textOf(role))}: ${partText(partOf(content), null)}\n`)
    .join('');
}
