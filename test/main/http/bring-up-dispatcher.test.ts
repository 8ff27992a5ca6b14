import { Dispatcher } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BringUpDispatcher } from '../../../src/main/http/bring-up-dispatcher.ts';
import { OriginLoads } from '../../../src/main/http/origin-loads.ts';
import { traced } from '../../../src/main/observability/trace.ts';

type Handler = Dispatcher.DispatchHandler;

/** Records the requests that it receives. The test sends the responses. */
class NotingDispatcher extends Dispatcher {
  readonly sent: { readonly options: Dispatcher.DispatchOptions; readonly handler: Handler }[] = [];
  override dispatch(options: Dispatcher.DispatchOptions, handler: Handler): boolean {
    this.sent.push({ options, handler });
    return true;
  }
}

const NO_CONTROLLER = {} as Dispatcher.DispatchController;

function setUp(max = 2) {
  const below = new NotingDispatcher();
  const dispatcher = new BringUpDispatcher(below, OriginLoads.fixed(max));
  const told: string[] = [];
  const handler: Handler = {
    onRequestStart: () => void told.push('start'),
    onResponseStart: () => void told.push('response'),
    onResponseData: () => void told.push('data'),
    onResponseEnd: () => void told.push('end'),
    onResponseError: () => void told.push('error'),
    onRequestUpgrade: () => void told.push('upgrade'),
  };
  const send = (options: Partial<Dispatcher.DispatchOptions> = {}): Promise<void> =>
    traced('connect', 'test', {}, async () => {
      dispatcher.dispatch({ origin: 'http://one', path: '/', method: 'POST', ...options }, handler);
    });
  const end = (index: number): void => below.sent[index]?.handler.onResponseEnd?.(NO_CONTROLLER, {});
  return { below, dispatcher, told, handler, send, end };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('BringUpDispatcher', () => {
  it('BringUpDispatcher limits concurrent requests to one origin, and sends the next request when one has ended', async () => {
    const { below, send, end } = setUp();
    await Promise.all([send(), send(), send(), send({ origin: 'http://two' })]);
    expect(below.sent.map(({ options }) => options.origin)).toEqual(['http://one', 'http://one', 'http://two']);
    end(0);
    await vi.advanceTimersByTimeAsync(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(below.sent).toHaveLength(4);
  });

  it.each([
    ['an error', (handler: Handler) => handler.onResponseError?.(NO_CONTROLLER, new Error('gone'))],
    ['an upgrade', (handler: Handler) => handler.onRequestUpgrade?.(NO_CONTROLLER, 101, {}, {} as never)],
    ['a stream that stays open', (handler: Handler) => handler.onResponseStart?.(NO_CONTROLLER, 200, {}, 'OK')],
  ])('BringUpDispatcher treats %s as the end of a request', async (_, happen) => {
    const { below, send } = setUp(1);
    await Promise.all([send({ method: 'GET' }), send()]);
    expect(below.sent).toHaveLength(1);
    if (below.sent[0] !== undefined) happen(below.sent[0].handler);
    await vi.advanceTimersByTimeAsync(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(below.sent).toHaveLength(2);
  });

  it('BringUpDispatcher stops counting a request when its response stream has been open for 100 ms', async () => {
    const { below, send, end } = setUp(1);
    await Promise.all([send(), send()]);
    below.sent[0]?.handler.onResponseData?.(NO_CONTROLLER, Buffer.from('x'));
    await vi.advanceTimersByTimeAsync(99);
    expect(below.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(below.sent).toHaveLength(2);
    end(0);
    end(1);
    await vi.advanceTimersByTimeAsync(1);
    await send();
    expect(below.sent).toHaveLength(3);
  });

  it('BringUpDispatcher exceeds its limit only if no response has arrived for a second', async () => {
    const { below, send, end } = setUp(2);
    await Promise.all([send(), send(), send(), send()]);
    await vi.advanceTimersByTimeAsync(900);
    expect(below.sent).toHaveLength(2);
    end(0);
    await vi.advanceTimersByTimeAsync(900);
    expect(below.sent).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(200);
    expect(below.sent).toHaveLength(4);
  });

  it('BringUpDispatcher limits only requests that are sent to connect a connector', () => {
    const { below, dispatcher, handler } = setUp(1);
    for (let call = 0; call < 3; call += 1)
      dispatcher.dispatch({ origin: 'http://one', path: '/', method: 'POST' }, handler);
    expect(below.sent).toHaveLength(3);
  });

  it('BringUpDispatcher reports to the handler if sending a request fails, even after the request had to wait', async () => {
    const { dispatcher, below, told, handler } = setUp(1);
    vi.spyOn(below, 'dispatch').mockImplementation(() => {
      throw new Error('destroyed');
    });
    await traced('connect', 'test', {}, async () => {
      for (let request = 0; request < 2; request += 1)
        dispatcher.dispatch({ origin: 'http://one', path: '/', method: 'POST' }, handler);
    });
    await vi.advanceTimersByTimeAsync(200);
    expect(told).toEqual(['error', 'error']);
  });

  it('BringUpDispatcher passes on all events of a request to its handler', async () => {
    const { below, told, send } = setUp();
    await send();
    const handler = below.sent[0]?.handler;
    handler?.onRequestStart?.(NO_CONTROLLER, {});
    handler?.onResponseStart?.(NO_CONTROLLER, 200, {}, 'OK');
    handler?.onResponseData?.(NO_CONTROLLER, Buffer.from('x'));
    handler?.onResponseEnd?.(NO_CONTROLLER, {});
    expect(told).toEqual(['start', 'response', 'data', 'end']);
  });
});
