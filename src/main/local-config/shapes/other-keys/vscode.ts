import { memberOf } from '../../document/config-node.ts';
import { groupOf, groupsAt, looksLikeServer } from '../groups.ts';
import { takeCommonWords } from '../mcp-servers/common-words.ts';
import type { Shape } from '../shape.ts';

/** The shape of VS Code: `{ "servers": { … }, "inputs": [ … ] }`, or `mcp.servers` in a settings.json. */
export const vscode: Shape = {
  find(root) {
    const nested = memberOf(memberOf(root, 'mcp'), 'servers');
    // In a file of OpenCode, `mcp.servers` may be a server that is named "servers".
    const isNested = nested !== undefined && !looksLikeServer(nested);
    return [
      ...groupsAt(root, 'servers'),
      ...groupsAt(root, 'mcp.servers'),
      ...(isNested ? [groupOf('mcp.servers', nested)] : []),
    ];
  },
  translate: takeCommonWords,
};
