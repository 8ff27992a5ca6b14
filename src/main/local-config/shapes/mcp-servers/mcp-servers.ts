import { type ConfigNode, memberOf, membersOf, textOf } from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';
import { groupOf, groupsAt, isCommentName, looksLikeServer } from '../groups.ts';
import type { Shape, ShapeContext } from '../shape.ts';
import { claudeGroups } from './claude.ts';
import { takeCommonWords } from './common-words.ts';
import { takeMcpHub } from './mcp-hub.ts';
import { takeCommandLine } from './mcporter.ts';

/**
 * Form `{ "mcpServers": { name: … } }`: Claude Desktop, Claude Code and its `~/.claude.json`, Cursor, Cline, Roo,
 * Windsurf, Antigravity, Gemini CLI, Copilot CLI, Kiro, Factory, Junie, Warp, LM Studio, mcporter, mcp-hub, Cherry
 * Studio, LibreChat.
 */
export const mcpServers: Shape = {
  find(root, { project }) {
    return (claudeGroups(root, project) ?? groupsAt(root, 'mcpServers')).filter(({ node }) => node.type !== 'array');
  },
  translate: takeEntry,
};

/** Form of Amp: the same object in `amp.mcpServers` of a settings.json. */
export const amp: Shape = {
  find(root) {
    const inner = memberOf(memberOf(root, 'amp'), 'mcpServers');
    return [...groupsAt(root, 'amp.mcpServers'), ...(inner === undefined ? [] : [groupOf('amp.mcpServers', inner)])];
  },
  translate: takeEntry,
};

/** Form without a wrapper, as in Warp and in plugins of Claude: every member of the file is a server. */
export const bare: Shape = {
  find(root) {
    const servers = membersOf(root).filter(({ name, value }) => value.type === 'object' || !isCommentName(name));
    const isAll = servers.length > 0 && servers.every(({ value }) => looksLikeServer(value));
    return isAll ? [groupOf('', root)] : [];
  },
  translate: takeEntry,
};

function takeEntry(draft: EntryDraft, context: ShapeContext): void {
  takeMcpHub(draft);
  takeCommonWords(draft, context);
  takeCommandLine(draft, isMcporter(draft.node));
}

/** Whether the entry has a member that only mcporter has. According to its documentation, mcporter splits `command`. */
function isMcporter(node: ConfigNode): boolean {
  return textOf(memberOf(node, 'lifecycle')) !== undefined || memberOf(node, 'tokenCacheDir') !== undefined;
}
