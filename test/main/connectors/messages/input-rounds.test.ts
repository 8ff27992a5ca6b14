import { describe, expect, it, vi } from 'vitest';
import { throughInputRounds } from '../../../../src/main/connectors/messages/input-rounds.ts';

const question = { resultType: 'input_required', inputRequests: { who: { method: 'roots/list' } }, requestState: 's' };
const signal = new AbortController().signal;

describe('throughInputRounds', () => {
  it('a request for which the server needs input is sent again with the answers and the state of the server', async () => {
    const send = vi.fn(async () => ({ done: true }));
    const answer = vi.fn(async () => ({ roots: [] }));
    await expect(throughInputRounds(question, { name: 'echo' }, send, answer, signal)).resolves.toEqual({ done: true });
    expect(answer).toHaveBeenCalledExactlyOnceWith('roots/list', {}, expect.any(AbortSignal));
    expect(send).toHaveBeenCalledExactlyOnceWith({
      name: 'echo',
      inputResponses: { who: { roots: [] } },
      requestState: 's',
    });
  });

  it('a request fails if the server requires input more than ten times', async () => {
    const send = vi.fn(async () => question);
    await expect(throughInputRounds(question, {}, send, async () => ({}), signal)).rejects.toThrow(
      'more than 10 times',
    );
    expect(send).toHaveBeenCalledTimes(10);
  });

  it('a request that waits for input is rejected when its signal aborts, even if the host never answers', async () => {
    const caller = new AbortController();
    const ended = throughInputRounds(
      question,
      {},
      async () => ({}),
      () => new Promise(() => {}),
      signal,
      caller.signal,
    );
    caller.abort(new Error('enough'));
    await expect(ended).rejects.toThrow('enough');
  });

  it('a request fails if the server sends a malformed request for input', async () => {
    const odd = { resultType: 'input_required', inputRequests: { who: 7 } };
    await expect(
      throughInputRounds(
        odd,
        {},
        async () => ({}),
        async () => ({}),
        signal,
      ),
    ).rejects.toThrow('input request is malformed');
  });
});
