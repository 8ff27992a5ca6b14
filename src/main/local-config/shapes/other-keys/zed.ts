import { memberOf } from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';
import { groupsAt } from '../groups.ts';
import { takeCommonWords } from '../mcp-servers/common-words.ts';
import type { Shape } from '../shape.ts';

/**
 * The shape of Zed: `context_servers` in settings.json. The members are directly in an entry, or in `command: { path,
 * args, env }`. Extensions of Zed start their own commands, so their entries cannot be used.
 */
export const zed: Shape = {
  find: (root) => groupsAt(root, 'context_servers'),
  translate(draft, context) {
    takeCommand(draft);
    draft.flatten('transport');
    if (!draft.says('command') && !draft.says('url'))
      draft.leaveOut('is an extension of Zed, which starts its own command: write that command into the file');
    draft.drop('settings', 'remote');
    takeCommonWords(draft, context);
  },
};

function takeCommand(draft: EntryDraft): void {
  const command = draft.member('command');
  if (command?.type !== 'object') return;
  const timeout = memberOf(command, 'timeout');
  const [args, env, path] = ['args', 'env', 'path'].map((name) => memberOf(command, name));
  if (args !== undefined && !draft.says('args')) draft.setNode('args', args, 'command');
  if (env !== undefined && !draft.says('env')) draft.setNode('env', env, 'command');
  if (timeout !== undefined && !draft.says('timeout')) draft.setNode('timeout', timeout, 'command');
  if (path === undefined) draft.drop('command');
  else draft.setNode('command', path);
}
