import { describe, expect, it, vi } from 'vitest';
import { PendingRequests } from '../../../../src/main/connectors/messages/pending-requests.ts';

const rpc = (members: object): object => ({ jsonrpc: '2.0', ...members });

function pendingUnderTest() {
  const events = { onMessage: vi.fn(), onStray: vi.fn() };
  const requests = new PendingRequests(events);
  return { events, requests, add: (traffic = {}) => requests.add(requests.nextId(), null, traffic, () => {}) };
}

describe('PendingRequests', () => {
  it('PendingRequests settles each request with the response that has its id, in any order', async () => {
    const { requests, add } = pendingUnderTest();
    const [one, two] = [add(), add()];
    requests.take(rpc({ id: two.id, result: { n: 2 } }), one);
    requests.take(rpc({ id: one.id, error: { code: -32_000, message: 'no' } }), one);
    await expect(two.answer).resolves.toEqual({ n: 2 });
    await expect(one.answer).rejects.toMatchObject({ code: -32_000, message: 'no' });
  });

  it('PendingRequests rejects the request whose HTTP response contains an error without an id', async () => {
    const { requests, add } = pendingUnderTest();
    const [one, two] = [add(), add()];
    requests.take(rpc({ id: null, error: { code: -32_700, message: 'damaged' } }), one);
    requests.take(rpc({ error: { code: -32_600, message: 'invalid' } }), two);
    await expect(one.answer).rejects.toMatchObject({ code: -32_700 });
    await expect(two.answer).rejects.toMatchObject({ code: -32_600 });
  });

  it.each([
    ['a response with an unknown id', rpc({ id: 99, result: {} })],
    ['a response whose id has another type', rpc({ id: 'one', result: {} })],
    ['a result without an id', rpc({ result: {} })],
    ['a value that is not JSON-RPC', { hello: 1 }],
  ])('PendingRequests reports %s as unexpected, and does not settle the request', (_, message) => {
    const { events, requests, add } = pendingUnderTest();
    const pending = add();
    requests.take(message, pending);
    expect(events.onStray).toHaveBeenCalledOnce();
    expect(pending.isSettled).toBe(false);
    pending.end(new Error('over'));
    return expect(pending.answer).rejects.toThrow('over');
  });

  it('PendingRequests reports progress to the request that the progress token names', () => {
    const { requests, add } = pendingUnderTest();
    const onProgress = vi.fn();
    const pending = add({ onProgress });
    requests.take(rpc({ method: 'notifications/progress', params: { progressToken: pending.id, progress: 1 } }), null);
    requests.take(rpc({ method: 'notifications/progress', params: { progressToken: 99, progress: 2 } }), null);
    expect(onProgress).toHaveBeenCalledExactlyOnceWith({ progress: 1 }, { progressToken: pending.id, progress: 1 });
  });

  it('PendingRequests passes a notification in a response to the request, unless it concerns the whole server', () => {
    const { events, requests, add } = pendingUnderTest();
    const onNotification = vi.fn();
    const pending = add({ onNotification });
    requests.take(rpc({ method: 'notifications/message', params: { level: 'info' } }), pending);
    requests.take(rpc({ method: 'notifications/tools/list_changed' }), pending);
    expect(onNotification).toHaveBeenCalledExactlyOnceWith('notifications/message', { level: 'info' });
    expect(events.onMessage).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ method: 'notifications/tools/list_changed' }),
    );
  });

  it('PendingRequests passes a server request to the host of the client request whose response contains it', () => {
    const { events, requests, add } = pendingUnderTest();
    const host = { capabilities: {}, answer: async () => ({}) };
    requests.take(rpc({ id: 'q', method: 'roots/list' }), add({ host }));
    expect(events.onMessage).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'q' }), host);
  });

  it('PendingRequests sends a cancellation for an aborted request, and treats a late response as unexpected', async () => {
    const { events, requests } = pendingUnderTest();
    const caller = new AbortController();
    const onGivenUp = vi.fn();
    const pending = requests.add(requests.nextId(), caller.signal, {}, onGivenUp);
    caller.abort(new Error('enough'));
    await expect(pending.answer).rejects.toThrow('enough');
    expect(onGivenUp).toHaveBeenCalledOnce();
    requests.take(rpc({ id: pending.id, result: {} }), null);
    expect(events.onStray).toHaveBeenCalledOnce();
  });

  it('PendingRequests rejects every waiting request when the connection ends', async () => {
    const { requests, add } = pendingUnderTest();
    const answers = [add(), add()].map(({ answer }) => answer);
    requests.endAll(new Error('closed'));
    for (const answer of answers) await expect(answer).rejects.toThrow('closed');
  });
});
