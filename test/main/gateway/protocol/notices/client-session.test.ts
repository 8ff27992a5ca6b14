import { describe, expect, it } from 'vitest';
import type { View } from '../../../../../src/main/gateway/catalog/view.ts';
import { ClientSession } from '../../../../../src/main/gateway/protocol/notices/client-session.ts';

describe('ClientSession', () => {
  const view = { route: { connectorId: null, isUnfiltered: true } } as unknown as View;
  const session = (capabilities: object, write: () => boolean = () => true): ClientSession =>
    new ClientSession(
      { id: 's', principal: 'p', view, revision: '2025-11-25', capabilities: capabilities as never },
      write,
    );

  it('a server request fails if the client returns an error or an invalid response, or if the session closes', async () => {
    const one = session({});
    const { signal } = new AbortController();
    const refused = one.ask('x', {}, signal);
    one.take('switchyard-1', { error: { code: -1, message: 'no', data: 7 } });
    await expect(refused).rejects.toMatchObject({ code: -1, data: 7 });
    const junk = one.ask('x', {}, signal);
    one.take('switchyard-2', { result: 'junk' });
    await expect(junk).rejects.toMatchObject({ code: -32_603 });
    const left = one.ask('x', {}, signal);
    one.close();
    await expect(left).rejects.toMatchObject({ code: -32_603 });
    expect(one.take('switchyard-3', { result: {} })).toBe(false);
  });

  it('a client session cancels a server request at the client if nobody waits for the response any longer', async () => {
    const written: object[] = [];
    const one = session({}, ((message: object) => written.push(message) > 0) as never);
    const abort = new AbortController();
    const asked = one.ask('x', {}, abort.signal);
    abort.abort(new Error('enough'));
    await expect(asked).rejects.toThrow();
    expect(written.at(-1)).toMatchObject({ method: 'notifications/cancelled', params: { requestId: 'switchyard-1' } });
  });

  it('a client session subscribes to a resource only once, and unsubscribes when the client no longer needs it', async () => {
    const one = session({});
    const stops: string[] = [];
    const begin = async () => () => void stops.push('stopped');
    await one.watch('a', 'c', begin);
    await one.watch('a', 'c', () => Promise.reject(new Error('asked twice')));
    expect([one.watches('a', 'c'), one.watches('b', 'c')]).toEqual([true, false]);
    one.unwatch('a');
    expect([one.watches('a', 'c'), stops]).toEqual([false, ['stopped']]);
  });

  it('if a client session closes while a subscription is starting, the subscription ends as soon as it has started', async () => {
    const one = session({});
    const begun = Promise.withResolvers<() => void>();
    const watching = one.watch('a', 'c', () => begun.promise);
    one.close();
    const stops: string[] = [];
    begun.resolve(() => stops.push('stopped'));
    await watching;
    expect(stops).toEqual(['stopped']);
  });

  it('a client session subscribes to at most 100 resources, and forgets a subscription that the server rejects', async () => {
    const one = session({});
    await expect(one.watch('x', 'c', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    for (let index = 0; index < 100; index += 1) await one.watch(String(index), 'c', async () => () => {});
    await expect(one.watch('100', 'c', async () => () => {})).rejects.toMatchObject({ code: -32_602 });
  });
});
