import { memberOf } from '../../document/config-node.ts';
import { groupOf, groupsAt, looksLikeServer } from '../groups.ts';
import { takeCommonWords } from '../mcp-servers/common-words.ts';
import type { Shape } from '../shape.ts';

/** Form of VS Code: `{ "servers": { … }, "inputs": [ … ] }`, and `mcp.servers` of a settings.json. */
export const vscode: Shape = {
  find(root) {
    const nested = memberOf(memberOf(root, 'mcp'), 'servers');
    // OpenCode may have a server with the name "servers".
    const isNested = nested !== undefined && !looksLikeServer(nested);
    return [
      ...groupsAt(root, 'servers'),
      ...groupsAt(root, 'mcp.servers'),
      ...(isNested ? [groupOf('mcp.servers', nested)] : []),
    ];
  },
  translate: takeCommonWords,
};
