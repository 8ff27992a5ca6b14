import { describe, expect, it } from 'vitest';
import { ProvenMaps } from '../../../src/shared/load/proven-maps.ts';
import { type LoadContext, runLoad } from '../../../src/shared/load/run-load.ts';
import { CHUNK_ENTRIES, type LoadEvent, type LoadTask } from '../../../src/shared/protocol/thread-messages.ts';
import { given, loadTask } from '../../helpers/load-task.ts';
import { entry, mapOf, signed } from '../../helpers/signed-map.ts';

const context: LoadContext = {
  thread: 'test',
  fetch: () => Promise.reject(new Error('no network')),
  signal: new AbortController().signal,
  proven: null,
};

async function eventsOf(task: LoadTask, more: Partial<LoadContext> = {}): Promise<LoadEvent[]> {
  const events: LoadEvent[] = [];
  for await (const event of runLoad(task, { ...context, ...more })) events.push(event);
  return events;
}

const mapWith = (count: number) => signed(mapOf(Array.from({ length: count }, (_, index) => entry(`c${index}`))));

describe('runLoad', () => {
  it('runLoad() sends chunks of bounded size, followed by one commit', async () => {
    const events = await eventsOf(loadTask({ given: given(mapWith(CHUNK_ENTRIES + 1)) }));
    expect(events.map((event) => (event.kind === 'chunk' ? event.ids.length : event.kind))).toEqual([
      CHUNK_ENTRIES,
      1,
      'commit',
    ]);
    expect(events.at(-1)).toMatchObject({ report: { thread: 'test', phases: { fetch: 0 } } });
  });

  it('runLoad() sends the body of a map only on request', async () => {
    const [commit] = await eventsOf(loadTask({ given: given(mapWith(0)), wantsBody: false }));
    expect(commit).toMatchObject({ kind: 'commit', body: null });
  });

  it('runLoad() transfers a copy of the body of a map, and remembers the map', async () => {
    const bytes = mapWith(1);
    const proven = new ProvenMaps();
    const events = await eventsOf(loadTask({ given: given(bytes) }), { proven });
    const commit = events.at(-1);
    if (commit?.kind !== 'commit') throw new Error(commit?.kind);
    expect(commit.body).toEqual(bytes);
    expect(commit.body?.buffer).not.toBe(bytes.buffer);
    expect(proven.get(commit.bodySha256)?.ids).toEqual(['c0']);
  });

  it('runLoad() sends a single event if the bytes equal those of the known map', async () => {
    const bytes = mapWith(1);
    const commit = (await eventsOf(loadTask({ given: given(bytes) }))).at(-1);
    if (commit?.kind !== 'commit') throw new Error(commit?.kind);
    const { bodySha256, digests, expiresAtMs } = commit;
    const again = await eventsOf(loadTask({ given: given(bytes), known: { bodySha256, digests, expiresAtMs } }));
    expect(again).toMatchObject([{ kind: 'unchanged', how: 'same-body', report: { bytes: bytes.length } }]);
  });

  it.each<[string, Partial<LoadTask>]>([
    ['PROTOCOL_MISMATCH', { version: 0 }],
    ['MAP_UNREACHABLE', {}],
    ['MAP_SYNTAX', { given: given(new Uint8Array(Buffer.from('no'))) }],
  ])('runLoad() never throws, because it reports a failure with %s as its last event', async (code, more) => {
    expect(await eventsOf(loadTask(more))).toMatchObject([{ kind: 'failed', error: { code } }]);
  });
});
