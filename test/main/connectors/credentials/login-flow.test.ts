import { expect, it } from 'vitest';
import { SharedFlow } from '../../../../src/main/connectors/credentials/login-flow.ts';

/** A flow that ends when a test says so, and the signal that it got. */
function flowUnderTest() {
  const work = Promise.withResolvers<void>();
  const seen: { signal: AbortSignal | null; overs: number } = { signal: null, overs: 0 };
  const flow = new SharedFlow(
    (signal) => {
      seen.signal = signal;
      return work.promise;
    },
    () => {
      seen.overs += 1;
    },
  );
  return { flow, work, seen };
}

it('goes on as long as anybody waits for it', async () => {
  const { flow, work, seen } = flowUnderTest();
  const gone = new AbortController();
  const first = flow.join(gone.signal);
  const second = flow.join(null);
  const reason = new Error('enough');
  gone.abort(reason);
  await expect(first).rejects.toBe(reason);
  expect(seen).toMatchObject({ signal: { aborted: false }, overs: 0 });
  work.resolve();
  await second;
  expect(seen).toMatchObject({ signal: { aborted: false }, overs: 1 });
});

it('ends when nobody waits any more, and can be joined no longer', async () => {
  const { flow, seen } = flowUnderTest();
  const gone = new AbortController();
  const joined = flow.join(gone.signal);
  gone.abort(new Error('enough'));
  await expect(joined).rejects.toThrow('enough');
  expect(seen).toMatchObject({ signal: { aborted: true }, overs: 1 });
});

it('fails for all who wait as its work does', async () => {
  const { flow, work, seen } = flowUnderTest();
  const joined = [flow.join(null), flow.join(new AbortController().signal)];
  work.reject(new Error('refused'));
  for (const each of joined) await expect(each).rejects.toThrow('refused');
  expect(seen.overs).toBe(1);
});
