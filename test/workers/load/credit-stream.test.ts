import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { pack } from '../../../src/shared/codec.ts';
import type { ChunkEvent, LoadEvent } from '../../../src/shared/protocol/thread-messages.ts';
import { CreditStream } from '../../../src/workers/load/credit-stream.ts';
import { eventually } from '../../helpers/eventually.ts';

const chunk = (): ChunkEvent => ({
  kind: 'chunk',
  ids: ['a'],
  enabled: [true],
  unusable: [],
  packed: pack([{ id: 'a' }]),
});
const report = { thread: 't', bytes: 0, phases: { fetch: 0, parse: 0, verify: 0, validate: 0, diff: 0 } };
const unchanged: LoadEvent = { kind: 'unchanged', how: 'same-body', etag: null, report };

function setUp() {
  const { port1: main, port2: worker } = new MessageChannel();
  const received: LoadEvent[] = [];
  main.on('message', (event: LoadEvent) => void received.push(event));
  return { main, received, stream: new CreditStream(worker, () => new Error('cancelled')) };
}

describe('CreditStream', () => {
  it('CreditStream sends two chunks, and then one chunk for each credit', async () => {
    const { main, received, stream } = setUp();
    await stream.send(chunk());
    await stream.send(chunk());
    const third = stream.send(chunk());
    // The third chunk waits for a credit. This event needs no credit, so it is sent before the chunk.
    await stream.send(unchanged);
    await eventually('three events are there', () => received.length === 3);
    expect(received.map(({ kind }) => kind)).toEqual(['chunk', 'chunk', 'unchanged']);
    main.postMessage({ kind: 'credit' });
    await third;
    await eventually('the third chunk is there', () => received.length === 4);
    expect(received.at(-1)?.kind).toBe('chunk');
    main.close();
  });

  it('CreditStream transfers the bytes of a chunk instead of copying them', async () => {
    const { main, stream } = setUp();
    const event = chunk();
    await stream.send(event);
    expect(event.packed.byteLength).toBe(0);
    main.close();
  });

  it('CreditStream sends end events without waiting for a credit', async () => {
    const { main, received, stream } = setUp();
    await stream.send(chunk());
    await stream.send(chunk());
    await stream.send(unchanged);
    await eventually('the end is there', () => received.at(-1)?.kind === 'unchanged');
    main.close();
  });

  it.each(['cancel', 'close'] as const)('CreditStream stops waiting for a credit on %s', async (how) => {
    const { main, stream } = setUp();
    await stream.send(chunk());
    await stream.send(chunk());
    const sent = stream.send(chunk());
    sent.catch(() => {});
    const aborted = once(stream.signal, 'abort');
    if (how === 'cancel') main.postMessage({ kind: 'cancel' });
    else main.close();
    await aborted;
    await expect(sent).rejects.toThrow('cancelled');
    main.close();
  });
});
