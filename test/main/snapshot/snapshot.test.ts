import { describe, expect, it } from 'vitest';
import { Snapshot } from '../../../src/main/snapshot/snapshot.ts';
import type { ChunkEvent, CommitEvent } from '../../../src/shared/protocol.ts';
import { runLoad } from '../../../src/shared/run-load.ts';
import { given, loadTask } from '../../helpers/load-task.ts';
import { entry, type Json, mapOf, signed } from '../../helpers/signed-map.ts';

interface Loaded {
  readonly chunks: ChunkEvent[];
  readonly commit: CommitEvent;
}

/** What a worker would send for this map, next to the one before. */
async function load(map: Json, previous: CommitEvent | null = null): Promise<Loaded> {
  const known =
    previous === null
      ? null
      : { bodySha256: previous.bodySha256, digests: previous.digests, expiresAtMs: previous.expiresAtMs };
  const task = loadTask({ given: given(signed(map)), known });
  const chunks: ChunkEvent[] = [];
  const context = {
    thread: 'main',
    fetch: () => Promise.reject(new Error('no network')),
    signal: new AbortController().signal,
  };
  for await (const event of runLoad(task, context)) {
    if (event.kind === 'chunk') chunks.push(event);
    else if (event.kind === 'commit') return { chunks, commit: event };
    else throw new Error(`Unexpected ${JSON.stringify(event)}`);
  }
  throw new Error('No commit');
}

describe('Snapshot', () => {
  it('holds the map in its order, normalised and as it was sent', async () => {
    const { chunks, commit } = await load(mapOf([entry('z'), entry('a', { status: 'disabled', odd: true })]));
    const snapshot = Snapshot.EMPTY.next(chunks, commit, []);
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

  it('is sent only what changed, and takes the rest over', async () => {
    const many = Array.from({ length: 200 }, (_, i) => entry(`c${i}`));
    const first = await load(mapOf(many));
    expect(first.chunks.map(({ ids }) => ids.length)).toEqual([64, 64, 64, 8]);
    const one = Snapshot.EMPTY.next(first.chunks, first.commit, []);
    const next = many.slice(1).map((it) => (it.id === 'c7' ? { ...it, name: 'seven' } : it));
    const second = await load(mapOf([...next, entry('new')], { ttlSeconds: 60 }), first.commit);
    expect(second.chunks.flatMap(({ ids }) => ids)).toEqual(['c7', 'new']);
    const two = one.next(second.chunks, second.commit, []);
    expect([two.revision, two.size, two.entry('c7')?.name, two.entry('c8')?.name]).toEqual([
      2,
      200,
      'seven',
      'Connector c8',
    ]);
    expect(two.entry('c0')).toBeUndefined();
    expect(one.entry('c0')?.id).toBe('c0');
  });

  it('gives lists of the caller’s own', async () => {
    const { chunks, commit } = await load(mapOf([entry('a')]));
    const snapshot = Snapshot.EMPTY.next(chunks, commit, []);
    snapshot.entries().pop();
    expect(snapshot.entries()).toHaveLength(1);
  });

  it('refuses a commit whose entries were never sent', async () => {
    const { commit } = await load(mapOf([entry('a')]));
    expect(() => Snapshot.EMPTY.next([], commit, [])).toThrow('neither sent nor known');
  });
});
