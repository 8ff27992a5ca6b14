import { describe, expect, it } from 'vitest';
import { SentEntries } from '../../../src/main/service-map/sent-entries.ts';
import { Snapshot } from '../../../src/main/service-map/snapshot.ts';
import { runLoad } from '../../../src/shared/load/run-load.ts';
import type { ChunkEvent, CommitEvent } from '../../../src/shared/protocol/thread-messages.ts';
import { given, loadTask } from '../../helpers/load-task.ts';
import { entry, type Json, mapOf, signed } from '../../helpers/signed-map.ts';

interface Loaded {
  readonly chunks: readonly ChunkEvent[];
  readonly sent: SentEntries;
  readonly commit: CommitEvent;
}

/** Returns the events that a worker sends for this map if `previous` is the map that the host has. */
async function load(map: Json, previous: CommitEvent | null = null): Promise<Loaded> {
  const known =
    previous === null
      ? null
      : { bodySha256: previous.bodySha256, digests: previous.digests, expiresAtMs: previous.expiresAtMs };
  const task = loadTask({ given: given(signed(map)), known });
  const chunks: ChunkEvent[] = [];
  const sent = new SentEntries();
  const context = {
    thread: 'main',
    fetch: () => Promise.reject(new Error('no network')),
    signal: new AbortController().signal,
    proven: null,
  };
  for await (const event of runLoad(task, context)) {
    if (event.kind === 'chunk') {
      chunks.push(event);
      sent.add(event);
    } else if (event.kind === 'commit') return { chunks, sent, commit: event };
    else throw new Error(`Unexpected ${JSON.stringify(event)}`);
  }
  throw new Error('No commit');
}

/**
 * Returns the snapshot that follows `before`. The entries `held` stay in it, although the new map does not list them.
 */
function follow({ sent, commit }: Loaded, before = Snapshot.empty(), held: readonly string[] = []): Snapshot {
  return before.next(sent, commit, { removed: commit.delta.removed.filter((id) => !held.includes(id)), held });
}

describe('Snapshot', () => {
  it('a snapshot can get an earlier expiry, but never a later one', async () => {
    const snapshot = follow(await load(mapOf([entry('a')])));
    const { expiresAtMs, revision } = snapshot;
    const sooner = snapshot.expiringBy(expiresAtMs - 1);
    expect([sooner.expiresAtMs, sooner.revision, sooner.ids]).toEqual([expiresAtMs - 1, revision, ['a']]);
    expect(sooner.expiringBy(expiresAtMs).expiresAtMs).toBe(expiresAtMs - 1);
  });

  it('a snapshot contains the entries in map order, both in normalized form and as they were sent', async () => {
    const snapshot = follow(await load(mapOf([entry('z'), entry('a', { status: 'disabled', odd: true })])));
    expect(snapshot.ids).toEqual(['z', 'a']);
    expect(snapshot.entries().map(({ id, status }) => [id, status])).toEqual([
      ['z', 'enabled'],
      ['a', 'disabled'],
    ]);
    expect(snapshot.source('a')).toEqual(entry('a', { status: 'disabled', odd: true }));
    expect([snapshot.isEnabled('z'), snapshot.isEnabled('a'), snapshot.isEnabled('x')]).toEqual([true, false, false]);
    expect([snapshot.revision, snapshot.size, snapshot.header?.brand]).toEqual([1, 2, 'test']);
    expect([snapshot.entry('x'), snapshot.source('x')]).toEqual([undefined, undefined]);
  });

  it('a worker sends only changed entries, and the next snapshot keeps all other entries', async () => {
    const many = Array.from({ length: 200 }, (_, i) => entry(`c${i}`));
    const first = await load(mapOf(many));
    expect(first.chunks.map(({ ids }) => ids.length)).toEqual([64, 64, 64, 8]);
    const one = follow(first);
    const next = many.slice(1).map((it) => (it.id === 'c7' ? { ...it, name: 'seven' } : it));
    const second = await load(mapOf([...next, entry('new')], { ttlSeconds: 60 }), first.commit);
    expect(second.chunks.flatMap(({ ids }) => ids)).toEqual(['c7', 'new']);
    const two = follow(second, one);
    expect([two.revision, two.size, two.entry('c7')?.name, two.entry('c8')?.name]).toEqual([
      2,
      200,
      'seven',
      'Connector c8',
    ]);
    expect(two.entry('c0')).toBeUndefined();
    expect([one.size, one.entry('c8')]).toEqual([0, undefined]);
    expect(two.ids).toEqual([...next.map(({ id }) => id), 'new']);
  });

  it('a caller may change a list that a snapshot returned, without changing the snapshot', async () => {
    const snapshot = follow(await load(mapOf([entry('a')])));
    snapshot.entries().pop();
    expect(snapshot.entries()).toHaveLength(1);
  });

  it('a snapshot rejects a commit whose entries were never sent, and does not change', async () => {
    const first = await load(mapOf([entry('a'), entry('b')]));
    const snapshot = follow(first);
    const other = await load(mapOf([entry('a'), entry('c')]), first.commit);
    const nothing = { ...other, sent: new SentEntries() };
    expect(() => follow(nothing, snapshot)).toThrow('neither sent nor known');
    const less = { ...other, commit: { ...other.commit, delta: { ...other.commit.delta, removed: [] } } };
    expect(() => follow(less, snapshot)).toThrow('lists 2 connectors, but 3 were sent or known');
    expect(snapshot.ids).toEqual(['a', 'b']);
  });

  it('a snapshot lists kept entries of a mass removal after all other entries, until they are released', async () => {
    const first = await load(mapOf([entry('a'), entry('b'), entry('c')]));
    const second = await load(mapOf([entry('c')]), first.commit);
    const held = follow(second, follow(first), ['a', 'b']);
    expect([held.ids, held.size, held.held]).toEqual([['c', 'a', 'b'], 3, ['a', 'b']]);
    const released = held.released();
    expect([released.ids, released.size, released.held, released.revision]).toEqual([['c'], 1, [], 3]);
  });

  it('a snapshot returns the same object for an unchanged entry, unless the `ttlSeconds` of the map changes', async () => {
    const inherits = (name: string): Json => ({ ...entry(name), ttl: undefined });
    const first = await load(mapOf([inherits('a'), entry('b')]));
    const one = follow(first);
    const [a, b] = one.entries();
    const second = await load(mapOf([inherits('a'), entry('b'), entry('c')]), first.commit);
    const two = follow(second, one);
    expect([two.entry('a') === a, two.entry('b') === b]).toEqual([true, true]);
    const third = await load(mapOf([inherits('a'), entry('b')], { ttlSeconds: 60 }), second.commit);
    expect(follow(third, two).entry('a')?.ttl).toBe(60);
  });

  it('a snapshot keeps an entry from a chunk even after most other entries of the chunk were replaced', async () => {
    const many = Array.from({ length: 64 }, (_, i) => entry(`c${i}`));
    let last = await load(mapOf(many));
    let snapshot = follow(last);
    // The loop replaces most entries of the first chunk, some before the chunk is unpacked and some after.
    for (const from of [0, 20, 40, 60]) {
      const next = many.map((it, i) => (i >= from && i < from + 15 && i < 63 ? { ...it, name: `new ${from}` } : it));
      last = await load(mapOf(next), last.commit);
      snapshot = follow(last, snapshot);
    }
    expect(snapshot.entry('c63')?.name).toBe('Connector c63');
    expect(snapshot.entries().map(({ id }) => id)).toEqual(many.map(({ id }) => id));
  });
});
