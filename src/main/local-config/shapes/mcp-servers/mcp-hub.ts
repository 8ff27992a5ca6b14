import { environmentNode, membersOf, objectNode } from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';

/** Translates entries of mcp-hub. There, `env: { NAME: null }` means that NAME gets its value from the environment. */
export function takeMcpHub(draft: EntryDraft): void {
  const env = draft.member('env');
  if (env?.type !== 'object') return;
  const members = membersOf(env);
  // If a name is repeated, the object is not rewritten. A rewrite would drop the repetition, which must be reported as
  // an error later.
  if (!members.some(({ value }) => value.type === 'null') || members.some(({ isRepeated }) => isRepeated)) return;
  const entries = members.map(({ name, value }) => {
    const isNamed = value.type === 'null' && /^[A-Za-z_]\w*$/.test(name);
    return [name, isNamed ? environmentNode(name, value.offset) : value] as const;
  });
  draft.setNode('env', objectNode(entries, env.offset));
}
