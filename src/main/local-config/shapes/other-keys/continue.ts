import { memberOf } from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';
import { groupsAt, listedServers } from '../groups.ts';
import { takeCommonWords } from '../mcp-servers/common-words.ts';
import { takeBearerVariable } from '../mcp-servers/mcporter.ts';
import type { ServerGroup, Shape } from '../shape.ts';
import { takeTimeout } from '../timeouts.ts';

/**
 * The shape of Continue: `mcpServers` is a list whose items have a `name`. Strings may contain `${{ secrets.NAME }}`.
 */
export const continueDev: Shape = {
  find(root) {
    const older = memberOf(memberOf(root, 'experimental'), 'modelContextProtocolServers');
    const groups = groupsAt(root, 'mcpServers').filter(({ node }) => node.type === 'array');
    return [...groups.map(listed), ...(older?.type === 'array' ? [numbered(older)] : [])];
  },
  translate(draft, context) {
    if (draft.says('uses') && !draft.says('command') && !draft.says('url'))
      draft.leaveOut(
        'is a block of the hub of Continue, which is not fetched: write its command or url into the file',
        'uses',
      );
    takeRequestOptions(draft);
    draft.rewriteTexts(['command', 'args', 'env', 'url', 'headers', 'apiKey', 'cwd', 'oauth'], inOurVariables);
    draft.rename('apiKey', 'bearerToken');
    takeTimeout(draft, 'connectionTimeout', 'connect', 'ms');
    takeCommonWords(draft, context);
    takeBearerVariable(draft, 'apiKeyEnv');
  },
};

function listed({ place, node }: ServerGroup): ServerGroup {
  return { place, node, servers: listedServers(place, node), folder: null };
}

/** Gives servers without a name the names `server-1`, `server-2` and so on. The older config.json has no names. */
function numbered(node: ServerGroup['node']): ServerGroup {
  const place = 'experimental.modelContextProtocolServers';
  const servers = listedServers(place, node).map((server, index) => ({
    ...server,
    ...(server.name === '' && { name: `server-${index + 1}`, isRepeated: false }),
  }));
  return { place, node, servers, folder: null };
}

function takeRequestOptions(draft: EntryDraft): void {
  const headers = memberOf(draft.member('requestOptions'), 'headers');
  if (headers !== undefined && !draft.says('headers')) draft.setNode('headers', headers, 'requestOptions');
  draft.drop('requestOptions');
}

function inOurVariables(text: string): string {
  return text.replace(/\$\{\{\s*(?:(?:secrets|inputs|env)\.)?([A-Za-z_]\w*)\s*\}\}/g, (_, name) => `\${${name}}`);
}
