import { describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../../../../../src/main/gateway/messages/exchange.ts';
import { HeldCalls, type HeldContext } from '../../../../../src/main/gateway/protocol/forwarding/held-calls.ts';
import { signalOf } from '../../../../../src/shared/cancellation.ts';

const exchange = (more: Partial<Exchange> = {}): Exchange => ({
  ...{
    era: 'modern',
    revision: '2026-07-28',
    id: 1,
    principal: 'p',
    client: {},
    progressToken: null,
    capabilities: { sampling: {} },
    logLevel: null,
    headers: null,
  },
  ...{ signal: new AbortController().signal, notify: () => {}, ask: null, openLarge: null },
  ...more,
});

describe('HeldCalls', () => {
  const asks =
    (count: number) =>
    async (context: { ask: (m: string, p: object, s: AbortSignal) => Promise<object>; signal: AbortSignal }) => {
      const answers = [];
      for (let index = 0; index < count; index += 1)
        answers.push(await context.ask('sampling/createMessage', { index }, context.signal));
      return { answers };
    };

  it('a held call sends each server request to the client with a new state, and finally the result of the call', async () => {
    const held = new HeldCalls();
    const first = (await held.start(exchange(), 'x', asks(2) as never)) as Record<string, never>;
    const second = (await held.resume(first.requestState ?? '', 'x', { 'request-1': { a: 1 } }, exchange())) as Record<
      string,
      never
    >;
    expect(second.requestState).not.toBe(first.requestState);
    const last = await held.resume(second.requestState ?? '', 'x', { 'request-2': { b: 2 } }, exchange());
    expect(last).toEqual({ answers: [{ a: 1 }, { b: 2 }] });
    expect(held.size).toBe(0);
  });

  it('a held call is abandoned if its client does not retry, or if the gateway closes', async () => {
    vi.useFakeTimers();
    try {
      const held = new HeldCalls();
      const failures: unknown[] = [];
      const work = async (context: {
        ask: (m: string, p: object, s: AbortSignal) => Promise<object>;
        signal: AbortSignal;
      }) =>
        context.ask('roots/list', {}, signalOf(context.signal)).catch((error: unknown) => {
          failures.push(error);
          return {};
        });
      await held.start(exchange(), 'x', work as never);
      await vi.advanceTimersByTimeAsync(600_001);
      expect([held.size, failures.length]).toEqual([0, 1]);
      await held.start(exchange(), 'x', work as never);
      held.close();
      await vi.advanceTimersByTimeAsync(0);
      expect([held.size, failures.length]).toEqual([0, 2]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('a call that fails before the server asks anything is rejected with its own error', async () => {
    const held = new HeldCalls();
    await expect(held.start(exchange(), 'x', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('a retry of a held call is rejected for another client, for another request or with an already used state', async () => {
    const held = new HeldCalls();
    const first = (await held.start(exchange(), 'x', asks(1) as never)) as Record<string, never>;
    const state = first.requestState ?? '';
    const answers = { 'request-1': {} };
    await expect(held.resume(state, 'x', answers, exchange({ principal: 'q' }))).rejects.toThrow('requestState');
    await expect(held.resume(state, 'another', answers, exchange())).rejects.toThrow('requestState');
    await expect(held.resume(state, 'x', answers, exchange())).resolves.toEqual({ answers: [{}] });
    await expect(held.resume(state, 'x', answers, exchange())).rejects.toThrow('requestState');
  });

  it('a held call asks the client again if a retry contains no valid input', async () => {
    const held = new HeldCalls();
    const first = (await held.start(exchange(), 'x', asks(1) as never)) as Record<string, never>;
    const second = await held.resume(first.requestState ?? '', 'x', { 'request-1': 'junk', more: {} }, exchange());
    expect(second).toMatchObject({ resultType: 'input_required', inputRequests: first.inputRequests });
    held.close();
  });

  it('the oldest held call is abandoned if there are more than 1 000 held calls', async () => {
    const held = new HeldCalls();
    const failed: unknown[] = [];
    const work = (index: number) => async (context: HeldContext) =>
      context.ask('roots/list', {}, signalOf(context.signal)).catch((error: unknown) => {
        failed.push(index);
        throw error;
      });
    for (let index = 0; index < 1_001; index += 1) await held.start(exchange(), 'x', work(index));
    await Promise.resolve();
    expect([held.size, failed]).toEqual([1_000, [0]]);
    held.close();
  });

  it('HeldCalls.isState() accepts states that the gateway created, and no states of servers', () => {
    expect(['switchyard:abc', 'abc', undefined].map((state) => HeldCalls.isState(state))).toEqual([true, false, false]);
  });

  it('if there are too many held calls, the gateway abandons only calls of the client that has the most', async () => {
    const held = new HeldCalls();
    const state = async (principal: string, what: string): Promise<string> =>
      String(
        ((await held.start(exchange({ principal }), what, asks(1) as never)) as Record<string, unknown>).requestState,
      );
    const own = await state('few', 'x');
    const first = await state('many', 'x');
    for (let index = 0; index < 1_000; index += 1) await state('many', 'x');
    expect(held.size).toBe(1_000);
    await expect(held.resume(first, 'x', {}, exchange({ principal: 'many' }))).rejects.toMatchObject({ code: -32_602 });
    const answer = await held.resume(own, 'x', { 'request-1': { a: 1 } }, exchange({ principal: 'few' }));
    expect(answer).toEqual({ answers: [{ a: 1 }] });
    held.close();
  });

  it('the requests of all held calls have at most 32 MiB in total, even if there are only a few', async () => {
    const held = new HeldCalls();
    for (let index = 0; index < 20; index += 1)
      await held.start(exchange(), `${index}${'x'.repeat(4_000_000)}`, asks(1) as never);
    expect(held.size).toBe(8);
    held.close();
  });
});
