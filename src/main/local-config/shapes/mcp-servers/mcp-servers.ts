import { type ConfigNode, memberOf, membersOf, textOf } from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';
import { groupOf, groupsAt, isCommentName, looksLikeServer } from '../groups.ts';
import type { Shape, ShapeContext } from '../shape.ts';
import { claudeGroups } from './claude.ts';
import { takeCommonWords } from './common-words.ts';
import { takeMcpHub } from './mcp-hub.ts';
import { takeCommandLine } from './mcporter.ts';

/**
 * The shape `{ "mcpServers": { name: … } }`. These clients write it: Claude Desktop, Claude Code (also in
 * `~/.claude.json`), Cursor, Cline, Roo, Windsurf, Antigravity, Gemini CLI, Copilot CLI, Kiro, Factory, Junie, Warp, LM
 * Studio, mcporter, mcp-hub, Cherry Studio and LibreChat.
 */
export const mcpServers: Shape = {
  find(root, { project }) {
    return (claudeGroups(root, project) ?? groupsAt(root, 'mcpServers')).filter(({ node }) => node.type !== 'array');
  },
  translate: takeEntry,
};

/** The shape of Amp: an `mcpServers` object in the member `amp.mcpServers` of a settings.json. */
export const amp: Shape = {
  find(root) {
    const inner = memberOf(memberOf(root, 'amp'), 'mcpServers');
    return [...groupsAt(root, 'amp.mcpServers'), ...(inner === undefined ? [] : [groupOf('amp.mcpServers', inner)])];
  },
  translate: takeEntry,
};

/** The shape without a wrapper, as in Warp and in plugins of Claude: every member of the file is a server. */
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

/** Whether an entry has a member that only mcporter uses. According to its documentation, mcporter splits `command`. */
function isMcporter(node: ConfigNode): boolean {
  return textOf(memberOf(node, 'lifecycle')) !== undefined || memberOf(node, 'tokenCacheDir') !== undefined;
}
