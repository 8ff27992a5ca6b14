import { type ConfigNode, memberOf, membersOf, textOf } from '../../document/config-node.ts';
import { groupOf, looksLikeServer } from '../groups.ts';
import { takeCommandList } from '../mcp-servers/mcporter.ts';
import type { Shape } from '../shape.ts';
import { takeTimeout } from '../timeouts.ts';
import { takeToolLists } from '../tool-lists.ts';

const TEXTS = ['command', 'args', 'env', 'url', 'headers', 'cwd', 'oauth'];

/**
 * The shape of OpenCode: `{ "mcp": { name: { "type": "local", "command": [ … ], "environment": { … } } } }`. Strings
 * may contain `{env:NAME}` and `{file:path}`.
 */
export const opencode: Shape = {
  find(root) {
    const servers = memberOf(root, 'mcp');
    return servers !== undefined && isOpenCode(root, servers) ? [groupOf('mcp', servers)] : [];
  },
  translate(draft) {
    draft.rename('environment', 'env');
    draft.rewriteTexts(TEXTS, inOurVariables);
    if (!draft.says('command') && !draft.says('url') && draft.says('enabled') && !draft.says('type'))
      draft.leaveOut('has neither command nor url: it switches a server that is defined in another file');
    takeCommandList(draft);
    takeTimeout(draft, 'timeout', 'connect', 'ms');
    takeToolLists(draft);
  },
};

function inOurVariables(text: string): string {
  return text.replace(/\{(env|file):([^{}]+)\}/g, (_, kind: string, name: string) =>
    kind === 'env' ? `\${${name.trim()}}` : `\${file:${name}}`,
  );
}

function isOpenCode(root: ConfigNode, servers: ConfigNode): boolean {
  if (/opencode/.test(textOf(memberOf(root, '$schema')) ?? '')) return true;
  return membersOf(servers).some(({ value }) => {
    const type = textOf(memberOf(value, 'type'));
    const isTyped = type === 'local' || type === 'remote';
    return isTyped || (looksLikeServer(value) && memberOf(value, 'command')?.type === 'array');
  });
}
