import { arrayNode, itemsOf, membersOf, objectNode, textNode, textOf } from '../document/config-node.ts';
import type { EntryDraft } from '../entry/entry-draft.ts';

/** Members that list the only tools to show. */
const ALLOWING = ['includeTools', 'enabledTools', 'enabled_tools', 'allowedTools', 'allowed_tools'];
/** Members that list tools to hide. */
const DENYING = ['excludeTools', 'disabledTools', 'disabled_tools', 'blockedTools', 'blocked_tools'];

/** Translates the tool lists of an entry, whatever its client calls them, to `tools: { allow, deny }`. */
export function takeToolLists(draft: EntryDraft): void {
  const tools = draft.member('tools');
  if (tools?.type === 'array') takeToolList(draft, 'tools', 'allow');
  // Other content of this member describes tools, as in a catalog.
  else if (tools !== undefined && !membersOf(tools).some(({ name }) => name === 'allow' || name === 'deny'))
    draft.drop('tools');
  for (const name of ALLOWING) takeToolList(draft, name, 'allow');
  for (const name of DENYING) takeToolList(draft, name, 'deny');
}

/**
 * Adds the names in member `name` as allowed or denied. `*` means all tools. `name(…)` of Gemini is the tool `name`.
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
