import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { pack } from '../../../src/shared/protocol/codec.ts';
import type { ChunkEvent, LoadEvent } from '../../../src/shared/protocol/thread-messages.ts';
import { CreditStream } from '../../../src/workers/load/credit-stream.ts';

const chunk = (): ChunkEvent => ({ kind: 'chunk', ids: ['a'], enabled: [true], packed: pack([{ id: 'a' }]) });
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

function setUp() {
  const { port1: main, port2: worker } = new MessageChannel();
  const received: LoadEvent[] = [];
  main.on('message', (event: LoadEvent) => void received.push(event));
  return { main, received, stream: new CreditStream(worker, () => new Error('cancelled')) };
}

describe('CreditStream', () => {
  it('sends two chunks and then one for each credit', async () => {
    const { main, received, stream } = setUp();
    await stream.send(chunk());
    await stream.send(chunk());
    let third = false;
    const sent = stream.send(chunk()).then(() => {
      third = true;
    });
    await turn();
    expect([received.length, third]).toEqual([2, false]);
    main.postMessage({ kind: 'credit' });
    await sent;
    await turn();
    expect([received.length, third]).toEqual([3, true]);
    main.close();
  });

  it('hands the bytes of a chunk over instead of copying them', async () => {
    const { main, stream } = setUp();
    const event = chunk();
    await stream.send(event);
    expect(event.packed.byteLength).toBe(0);
    main.close();
  });

  it('sends ends without a credit', async () => {
    const { main, received, stream } = setUp();
    await stream.send(chunk());
    await stream.send(chunk());
    const report = { thread: 't', bytes: 0, phases: { fetch: 0, parse: 0, verify: 0, validate: 0, diff: 0 } };
    await stream.send({ kind: 'unchanged', how: 'same-body', etag: null, report });
    await turn();
    expect(received.at(-1)).toMatchObject({ kind: 'unchanged' });
    main.close();
  });

  it.each(['cancel', 'close'] as const)('stops waiting for a credit on %s', async (how) => {
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
