import { expect, it } from 'vitest';
import { SharedFlow } from '../../../../src/main/connectors/credentials/login-flow.ts';

/** Creates a shared flow that the test can end, and returns the abort signal that its work received. */
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

it('SharedFlow continues while at least one caller waits for its result', async () => {
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

it('SharedFlow aborts its task when no caller waits any more', async () => {
  const { flow, seen } = flowUnderTest();
  const gone = new AbortController();
  const joined = flow.join(gone.signal);
  gone.abort(new Error('enough'));
  await expect(joined).rejects.toThrow('enough');
  expect(seen).toMatchObject({ signal: { aborted: true }, overs: 1 });
});

it('SharedFlow rejects all waiting callers if its task fails', async () => {
  const { flow, work, seen } = flowUnderTest();
  const joined = [flow.join(null), flow.join(new AbortController().signal)];
  work.reject(new Error('refused'));
  for (const each of joined) await expect(each).rejects.toThrow('refused');
  expect(seen.overs).toBe(1);
});
