import { isObject } from '../../../mcp/json-rpc.ts';
import { sizeText } from '../../results/content-parts.ts';
import { listFeatures } from '../../targets/list-features.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { counted, EXIT, print } from '../../terminal/output.ts';
import { renderTable } from '../../terminal/render-table.ts';
import { type FeatureOptions, textOf, withFeatures } from './with-features.ts';

/**
 * Lists the resources and resource templates of all connectors. If the command line names one connector, starts and
 * lists only that one. Resolves with the exit code: 0 if every requested connector is up. Rejects with
 * CONNECTOR_UNKNOWN for an unknown id.
 */
export function runResources(words: readonly string[], options: FeatureOptions): Promise<number> {
  return withFeatures(words, options, async (manager, ids, failure) => {
    const resources = (await Promise.all(ids.map((id) => listFeatures(manager, id, 'resources')))).flat();
    const templates = (await Promise.all(ids.map((id) => listFeatures(manager, id, 'templates')))).flat();
    if (options.json) {
      const shown = (list: typeof resources): object[] =>
        list.map(({ connectorId, item }) => ({ connectorId, ...item }));
      answerJson({ resources: shown(resources), resourceTemplates: shown(templates) }, failure);
    } else {
      const rows = [...resources, ...templates].map(({ connectorId, item }) => [
        connectorId,
        textOf(item.uri ?? item.uriTemplate),
        [textOf(item.mimeType), typeof item.size === 'number' ? sizeText(item.size) : '']
          .filter((part) => part !== '')
          .join(', '),
        describe(item),
      ]);
      print(renderTable(['connector', 'uri', 'type', 'description'], rows));
      const more = templates.length === 0 ? '' : `, ${counted(templates.length, 'template')}`;
      print(`\n${counted(resources.length, 'resource')}${more}\n`);
    }
    return failure === null ? EXIT.ok : EXIT.failed;
  });
}

function describe(item: Readonly<Record<string, unknown>>): string {
  const title = textOf(item.title) || textOf(item.name);
  const about = textOf(item.description);
  return isObject(item) && about !== '' ? `${title}: ${about}` : title;
}
