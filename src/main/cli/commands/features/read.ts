import { SwitchyardError } from '../../../../shared/errors.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { isObject } from '../../../mcp/json-rpc.ts';
import { isAddress } from '../../flags/is-address.ts';
import { misuse } from '../../flags/option-values.ts';
import { type Part, resourcePart } from '../../results/content-parts.ts';
import { partText } from '../../results/content-text.ts';
import { saveParts } from '../../results/save-content.ts';
import { adHocServer } from '../../targets/ad-hoc.ts';
import { listFeatures } from '../../targets/list-features.ts';
import { meantInstead } from '../../targets/unknown-names.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print, printable } from '../../terminal/output.ts';
import { type FeatureOptions, textOf, withOne } from './with-features.ts';

export interface ReadOptions extends FeatureOptions {
  /** The folder into which content that is not text is written. */
  readonly save?: string;
}

/**
 * Reads a resource and prints its text. Binary content is written into the folder of `--save`, or to stdout if stdout
 * is a file or a pipe. Resolves with the exit code. Rejects with CONNECTOR_UNKNOWN, with OPTIONS_INVALID for a resource
 * that no connector lists, or as the manager's `request` does.
 */
export function runRead(words: readonly string[], options: ReadOptions): Promise<number> {
  const [first = '', second, ...rest] = words;
  if (rest.length > 0) throw misuse('Name one resource: URI, CONNECTOR URI, or ADDRESS URI');
  const uri = second ?? first;
  const server = adHocServer(second !== undefined && isAddress(first) ? first : undefined, options);
  const named = second === undefined || server !== null ? options.connector : first;
  return withOne(
    server === null ? options : { ...options, adHoc: server },
    server?.id ?? named,
    async (manager, ids, failure) => {
      const only = server?.id ?? named;
      if (only !== undefined && failure !== null) {
        answerJson({ uri, connectorId: only }, failure);
        return EXIT.failed;
      }
      const connectorId = only ?? (await ownerOf(manager, ids, uri));
      const result = await manager.request(connectorId, 'resources/read', { uri });
      const contents = Array.isArray(result.contents) ? result.contents.filter(isObject) : [];
      await show(contents.map(resourcePart), uri, { connectorId, result }, options);
      return EXIT.ok;
    },
  );
}

async function show(parts: readonly Part[], uri: string, document: object, { save, json }: ReadOptions): Promise<void> {
  const saved = save === undefined ? null : await saveParts(parts, save, uri);
  if (json) return answerJson({ uri, ...document, ...(saved !== null && { saved }) });
  const hasBytes = parts.some(({ kind }) => kind === 'bytes');
  if (saved === null && hasBytes) {
    if (process.stdout.isTTY)
      throw misuse(`${printable(uri)} is not text: give --save DIR, or redirect stdout to a file or pipe`);
    for (const part of parts) process.stdout.write(part.kind === 'bytes' ? part.bytes : part.text);
    return;
  }
  for (const [index, part] of parts.entries()) {
    const text = partText(part, saved?.find((each) => each.index === index) ?? null);
    // In a file or pipe, the text stays unchanged. On a terminal, a line feed is added, so that the shell's prompt
    // starts on a new line.
    print(part.kind === 'text' && !process.stdout.isTTY ? text : `${text}\n`);
  }
}

/**
 * Returns the id of the connector that lists a resource, or whose resource template matches the URI. If there is only
 * one connector, returns that one. Rejects with OPTIONS_INVALID if no connector or several connectors match.
 */
async function ownerOf(manager: ConnectorProxyManager, ids: readonly string[], uri: string): Promise<string> {
  const all = manager.listConnectors();
  const [only] = all;
  if (all.length === 1 && only !== undefined) return only.id;
  const resources = (await Promise.all(ids.map((id) => listFeatures(manager, id, 'resources')))).flat();
  const owners = [...new Set(resources.filter(({ item }) => item.uri === uri).map(({ connectorId }) => connectorId))];
  const [owner] = owners;
  if (owners.length === 1 && owner !== undefined) return owner;
  if (owners.length > 1)
    throw misuse(
      `${printable(uri)} is a resource of ${owners.map(printable).join(' and ')}: name the connector before the URI`,
    );
  const templates = (await Promise.all(ids.map((id) => listFeatures(manager, id, 'templates')))).flat();
  const fitting = new Set(
    templates.filter(({ item }) => fits(uri, textOf(item.uriTemplate))).map(({ connectorId }) => connectorId),
  );
  const [likely] = fitting;
  if (fitting.size === 1 && likely !== undefined) return likely;
  const meant = meantInstead(
    uri,
    resources.map(({ item }) => textOf(item.uri)),
  );
  const hint = meant ?? 'Name the connector before the URI; `mcp-switchyard resources` lists all resources.';
  throw new SwitchyardError('OPTIONS_INVALID', `No connector lists the resource ${printable(uri)}. ${hint}`);
}

/**
 * Whether a URI may be an expansion of a URI template (RFC 6570): it contains all literal parts of the template in
 * order.
 */
function fits(uri: string, template: string): boolean {
  const texts = template.split(/\{[^{}]*\}/);
  if (texts.length < 2) return false;
  let at = 0;
  for (const [index, text] of texts.entries()) {
    const found = index === 0 ? (uri.startsWith(text) ? 0 : -1) : uri.indexOf(text, at);
    if (found < 0) return false;
    at = found + text.length;
  }
  return uri.endsWith(texts.at(-1) ?? '');
}
