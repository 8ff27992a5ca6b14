import { environmentNode, membersOf, objectNode } from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';

/** Translates entries of mcp-hub: `env: { NAME: null }` is the variable NAME of the parent process. */
export function takeMcpHub(draft: EntryDraft): void {
  const env = draft.member('env');
  if (env?.type !== 'object') return;
  const members = membersOf(env);
  // Repeated names are an error, which rewriting would hide.
  if (!members.some(({ value }) => value.type === 'null') || members.some(({ isRepeated }) => isRepeated)) return;
  const entries = members.map(({ name, value }) => {
    const isNamed = value.type === 'null' && /^[A-Za-z_]\w*$/.test(name);
    return [name, isNamed ? environmentNode(name, value.offset) : value] as const;
  });
  draft.setNode('env', objectNode(entries, env.offset));
}
