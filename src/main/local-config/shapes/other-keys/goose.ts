import { environmentNode, itemsOf, memberOf, membersOf, textOf } from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';
import { groupOf, listedServers } from '../groups.ts';
import { takeCommandLine } from '../mcp-servers/mcporter.ts';
import type { Shape } from '../shape.ts';
import { takeTimeout } from '../timeouts.ts';
import { takeToolList } from '../tool-lists.ts';

/** Extensions that are built into Goose itself. */
const BUILT_IN: ReadonlySet<string | undefined> = new Set(['builtin', 'platform', 'frontend', 'inline_python']);

/** The shape of Goose: `extensions` is an object in config.yaml, and a list in a recipe. */
export const goose: Shape = {
  find(root) {
    const node = memberOf(root, 'extensions');
    if (node === undefined) return [];
    const items = node.type === 'array' ? itemsOf(node) : membersOf(node).map(({ value }) => value);
    const isGoose = items.some((item) => memberOf(item, 'type') ?? memberOf(memberOf(item, 'config'), 'type'));
    if (!isGoose) return [];
    if (node.type !== 'array') return [groupOf('extensions', node)];
    return [{ place: 'extensions', node, servers: listedServers('extensions', node), folder: null }];
  },
  translate(draft) {
    // Older versions of Goose write all members except `enabled` in the member `config`.
    draft.flatten('config');
    const type = draft.text('type');
    if (BUILT_IN.has(type)) {
      // Goose itself writes its built-in extensions into the file, even disabled ones. So disabled extensions get no
      // warning.
      if (draft.plain('enabled') === false) draft.passOver();
      else draft.leaveOut(`is a part of Goose (${type}), not a server`);
      return;
    }
    draft.rename('cmd', 'command');
    draft.rename('uri', 'url');
    draft.rename('envs', 'env');
    takeEnvironment(draft);
    takeCommandLine(draft, true);
    takeTimeout(draft, 'timeout', 'call', 's');
    if (itemsOf(draft.member('available_tools')).length > 0) takeToolList(draft, 'available_tools', 'allow');
    draft.drop('available_tools');
  },
};

/**
 * Translates `env_keys: [NAME]`, a list of secrets. Goose gets them from its keyring or the environment; this package
 * gets them from the environment only.
 */
function takeEnvironment(draft: EntryDraft): void {
  for (const item of itemsOf(draft.member('env_keys'))) {
    const name = textOf(item);
    if (name !== undefined) draft.addTo('env', name, environmentNode(name, item.offset), 'env_keys');
  }
  draft.drop('env_keys');
}
