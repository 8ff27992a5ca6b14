import { arrayNode, itemsOf, membersOf, objectNode, textNode, textOf } from '../document/config-node.ts';
import type { EntryDraft } from '../entry/entry-draft.ts';

/** Names of members that list the tools to show. All other tools are hidden. */
const ALLOWING = ['includeTools', 'enabledTools', 'enabled_tools', 'allowedTools', 'allowed_tools'];
/** Names of members that list the tools to hide. */
const DENYING = ['excludeTools', 'disabledTools', 'disabled_tools', 'blockedTools', 'blocked_tools'];

/** Moves the tool lists of an entry to `tools: { allow, deny }`, whatever the client calls these lists. */
export function takeToolLists(draft: EntryDraft): void {
  const tools = draft.member('tools');
  if (tools?.type === 'array') takeToolList(draft, 'tools', 'allow');
  // Any other object in `tools` describes tools, as in a catalog, and is no list of names.
  else if (tools !== undefined && !membersOf(tools).some(({ name }) => name === 'allow' || name === 'deny'))
    draft.drop('tools');
  for (const name of ALLOWING) takeToolList(draft, name, 'allow');
  for (const name of DENYING) takeToolList(draft, name, 'deny');
}

/**
 * Moves the tool names in member `name` to the list `allow` or `deny` of `tools`. Gemini CLI writes a tool as
 * `name(…)`; the part in parentheses is dropped.
 */
export function takeToolList(draft: EntryDraft, name: string, kind: 'allow' | 'deny'): void {
  const list = draft.member(name);
  if (list === undefined) return;
  if (list.type !== 'array') {
    if (list.type !== 'null') draft.refuse(name, 'must be an array of tool names');
    draft.drop(name);
    return;
  }
  const names = itemsOf(list).map((item) => {
    const text = textOf(item) ?? textOf(membersOf(item).find((member) => member.name === 'name')?.value);
    return textNode((text ?? '').replace(/\(.*$/s, '').trim(), item.offset);
  });
  const present = draft.member('tools');
  const isOurs = present?.type === 'object';
  const others = isOurs ? membersOf(present).filter((member) => member.name !== kind) : [];
  const same = isOurs ? itemsOf(membersOf(present).find((member) => member.name === kind)?.value) : [];
  const entries = [
    ...others.map((member) => [member.name, member.value] as const),
    [kind, arrayNode([...same, ...names], list.offset)] as const,
  ];
  draft.setNode('tools', objectNode(entries, list.offset), name);
  if (name !== 'tools') draft.drop(name);
}
