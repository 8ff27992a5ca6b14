import { membersOf, objectNode } from '../document/config-node.ts';
import type { EntryDraft } from '../entry/entry-draft.ts';

/** What a client's time limit is for: until a server is up, or for one call. */
export type TimeLimit = 'connect' | 'call';

/** Longer ones are as good as none, and timers take no more. */
const MAX_MS = 2 ** 31 - 1;

/**
 * Most clients that write `timeout` beside a `command` mean seconds (Cline, Roo) or milliseconds (Claude Code, Amazon
 * Q), and the file does not say which. Their seconds are at most an hour, and nobody waits for less than four seconds
 * in milliseconds.
 */
const LONGEST_IN_SECONDS = 3_600;

/**
 * Takes the limit in member `name` as one of ours. An entry's own `timeouts` wins. 0 and less mean that there is no
 * limit.
 */
export function takeTimeout(draft: EntryDraft, name: string, limit: TimeLimit, unit: 's' | 'ms' | 'unsaid'): void {
  if (!draft.has(name)) return;
  const node = draft.member(name);
  const given = Number(node?.type === 'string' ? (node.value as string).trim() || Number.NaN : node?.value);
  if (node === undefined || node.type === 'null') draft.drop(name);
  else if (!Number.isFinite(given) || node.type === 'boolean' || node.type === 'object') {
    draft.warn(name, 'is no number, so it sets no limit');
    draft.drop(name);
  } else {
    const isSeconds = unit === 's' || (unit === 'unsaid' && given <= LONGEST_IN_SECONDS);
    if (given > 0) put(draft, name, limit, Math.min(MAX_MS, isSeconds ? given * 1_000 : given));
    draft.drop(name);
  }
}

function put(draft: EntryDraft, name: string, limit: TimeLimit, milliseconds: number): void {
  const present = draft.member('timeouts');
  if (present !== undefined && present.type !== 'object') return;
  const own = present === undefined ? [] : membersOf(present).map((it) => [it.name, it.value] as const);
  if (own.some(([known]) => known === limit)) return;
  const offset = draft.member(name)?.offset ?? 0;
  const node = objectNode(
    [...own, [limit, { type: 'number', value: milliseconds, offset }]],
    present?.offset ?? offset,
  );
  draft.setNode('timeouts', node, present === undefined ? name : 'timeouts');
}
