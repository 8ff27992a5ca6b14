import { memberOf, membersOf } from '../../document/config-node.ts';
import { bracedVariables } from '../braced-variables.ts';
import { groupOf, looksLikeServer } from '../groups.ts';
import type { Shape } from '../shape.ts';
import { takeTimeout } from '../timeouts.ts';
import { takeToolLists } from '../tool-lists.ts';
import { opencode } from './opencode.ts';

/**
 * The shape of Crush: `{ "mcp": { name: { "type": "stdio", … } } }`. Strings may contain `$NAME`, `${NAME}`,
 * `${NAME:-x}` and `${NAME:?message}`, as in a shell.
 */
export const crush: Shape = {
  find(root, context) {
    const servers = memberOf(root, 'mcp');
    if (servers === undefined || opencode.find(root, context).length > 0) return [];
    const entries = membersOf(servers).filter(({ name }) => name !== 'servers');
    return entries.some(({ value }) => looksLikeServer(value)) ? [groupOf('mcp', servers)] : [];
  },
  translate(draft) {
    draft.rewriteTexts(['command', 'args', 'env', 'url', 'headers', 'oauth'], bracedVariables);
    takeTimeout(draft, 'timeout', 'connect', 's');
    takeToolLists(draft);
  },
};
