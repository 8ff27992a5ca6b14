import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createAnswerKey,
  type Frame,
  FrameSealer,
  MAX_FRAME_BYTES,
  readFrames,
} from '../../../../../src/main/gateway/replicas/wire/answer-frames.ts';

const key = createAnswerKey();

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

async function all(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const found: Frame[] = [];
  for await (const frame of frames) found.push(frame);
  return found;
}

function sealed(parts: readonly Buffer[], answerKey = key): Buffer[] {
  const sealer = new FrameSealer(answerKey);
  return [
    sealer.seal('head', Buffer.from('{}')),
    ...parts.map((part) => sealer.seal('data', part)),
    sealer.seal('end', Buffer.alloc(0)),
  ];
}

describe('answer frames', () => {
  it('the frames of a response between replicas arrive as they were sent, however the network splits them', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 20 });
    const parts = fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(parts, sizes, async (given, cuts) => {
        const bytes = Buffer.concat(sealed(given.map((part) => Buffer.from(part))));
        const frames = await all(readFrames(cut(bytes, cuts), key));
        expect(frames.map(({ kind }) => kind)).toEqual(['head', ...given.map(() => 'data'), 'end']);
        expect(frames.slice(1, -1).map(({ bytes: part }) => [...part])).toEqual(given.map((part) => [...part]));
      }),
    );
  });

  it('the frames of a response between replicas are rejected if a single byte changed', async () => {
    const bytes = Buffer.concat(sealed([Buffer.from('data')]));
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      await expect(all(readFrames(cut(changed, []), key))).rejects.toMatchObject({ code: 'FLEET_REPLICA_GONE' });
    }
  });

  it('the frames of a response between replicas are rejected if a frame is missing, repeated, misplaced or foreign', async () => {
    const [head, one, two, end] = sealed([Buffer.from('1'), Buffer.from('2')]) as [Buffer, Buffer, Buffer, Buffer];
    const [, foreign] = sealed([Buffer.from('1')], createAnswerKey()) as [Buffer, Buffer];
    const wrong = [
      [head, two, end],
      [head, one, one, two, end],
      [head, two, one, end],
      [head, foreign, two, end],
      [head, one, two],
      [one, two, end],
      [],
    ];
    for (const frames of wrong)
      await expect(all(readFrames(cut(Buffer.concat(frames), []), key))).rejects.toMatchObject({
        code: 'FLEET_REPLICA_GONE',
      });
  });

  it('a frame of a response between replicas is rejected immediately if its length exceeds the maximum', async () => {
    const huge = Buffer.alloc(64);
    huge.writeUInt32BE(MAX_FRAME_BYTES + 1);
    let isForged = false;
    const endless = (async function* () {
      yield huge;
      await new Promise(() => {});
    })();
    const onForged = (): void => {
      isForged = true;
    };
    await expect(all(readFrames(endless, key, onForged))).rejects.toMatchObject({ code: 'FLEET_REPLICA_GONE' });
    expect(isForged).toBe(true);
  });
});
