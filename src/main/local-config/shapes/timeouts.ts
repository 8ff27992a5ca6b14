import { membersOf, objectNode } from '../document/config-node.ts';
import type { EntryDraft } from '../entry/entry-draft.ts';

/**
 * What a client's time limit applies to: connecting to a server, including its start (`connect`), or one call (`call`).
 */
export type TimeLimit = 'connect' | 'call';

/** The longest time that a Node timer can wait. Longer limits are reduced to this. */
const MAX_MS = 2 ** 31 - 1;

/**
 * If the unit of a `timeout` is unclear, a value up to this number means seconds, and a larger value means
 * milliseconds. Next to a `command`, some clients mean seconds (Cline, Roo) and some mean milliseconds (Claude Code,
 * Amazon Q), and the file does not say which. In practice, limits in seconds are at most an hour, and limits in
 * milliseconds are at least four seconds.
 */
const LONGEST_IN_SECONDS = 3_600;

/**
 * Moves the time limit in member `name` to `timeouts`, converted to milliseconds. A limit that `timeouts` already has
 * takes precedence. A value of 0 or less is dropped.
 */
export function takeTimeout(draft: EntryDraft, name: string, limit: TimeLimit, unit: 's' | 'ms' | 'unsaid'): void {
  if (!draft.has(name)) return;
  const node = draft.member(name);
  const given = Number(node?.type === 'string' ? (node.value as string).trim() || Number.NaN : node?.value);
  if (node === undefined || node.type === 'null') draft.drop(name);
  else if (!Number.isFinite(given) || node.type === 'boolean' || node.type === 'object') {
    draft.warn(name, 'is not a number, so it sets no limit');
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
