import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MessageChannel } from '../../../../src/main/connectors/messages/message-channel.ts';
import { keepSubscription } from '../../../../src/main/connectors/stdio/stdio-subscription.ts';
import { type JsonObject, RpcError } from '../../../../src/main/mcp/json-rpc.ts';

/** Returns how many subscription requests a server receives within ten minutes if it gives this answer to each. */
async function askedWithin(answer: () => Promise<JsonObject>): Promise<{ asked: number; missed: number }> {
  const counts = { asked: 0, missed: 0 };
  const channel: MessageChannel = {
    isModern: true,
    speak: () => {},
    request: () => {
      counts.asked += 1;
      return answer();
    },
    notify: async () => {},
    answer: async () => {},
  };
  const stop = keepSubscription(channel, { toolsListChanged: true }, () => {
    counts.missed += 1;
  });
  await vi.advanceTimersByTimeAsync(600_000);
  stop();
  await vi.advanceTimersByTimeAsync(600_000);
  return counts;
}

describe('keepSubscription', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each<[string, () => Promise<JsonObject>]>([
    ['ends', () => Promise.resolve({})],
    ['is rejected with an error', () => Promise.reject(new RpcError(-32_603, 'busy'))],
    ['breaks', () => Promise.reject(new Error('reset'))],
  ])('keepSubscription() subscribes again after growing pauses if the subscription %s', async (_, answer) => {
    // The retries come after 10, 20, 40, 80 and 160 s, and then every 300 s.
    expect(await askedWithin(answer)).toEqual({ asked: 6, missed: 5 });
  });

  it('keepSubscription() does not subscribe again if the server does not know the method', async () => {
    const unknown = () => Promise.reject(new RpcError(-32_601, 'Method not found'));
    expect(await askedWithin(unknown)).toEqual({ asked: 1, missed: 0 });
  });
});
