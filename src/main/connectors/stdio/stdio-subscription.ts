import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import { type JsonObject, RPC_METHOD_NOT_FOUND, RpcError } from '../../mcp/json-rpc.ts';
import type { MessageChannel } from '../messages/message-channel.ts';

/**
 * Delay before a subscription that ended is renewed. The delay is doubled each time the subscription lasted only
 * briefly.
 */
const RESUBSCRIBE_MS = 5_000;
const MAX_RESUBSCRIBE_MS = 300_000;

/**
 * Subscribes to changes that a modern server announces (`subscriptions/listen`, MCP 2026-07-28). The notifications of
 * the subscription share the stream with all other messages. A subscription that ends or is refused is renewed after a
 * growing pause. `onMissed` then reports that changes may have been missed. If the server does not know the method, no
 * further attempt is made. The returned function ends the subscription.
 */
export function keepSubscription(channel: MessageChannel, notifications: JsonObject, onMissed: () => void): () => void {
  const stop = new AbortController();
  let pauseMs = RESUBSCRIBE_MS;
  let timer: Timer | null = null;
  const subscribe = async (): Promise<void> => {
    const startedMs = monotonicMs();
    try {
      await channel.request('subscriptions/listen', { notifications }, { signal: stop.signal });
    } catch (error) {
      if (error instanceof RpcError && error.code === RPC_METHOD_NOT_FOUND) return;
    }
    if (stop.signal.aborted) return;
    pauseMs = monotonicMs() - startedMs > pauseMs ? RESUBSCRIBE_MS : Math.min(MAX_RESUBSCRIBE_MS, 2 * pauseMs);
    timer = startTimer(pauseMs, () => {
      void subscribe();
      onMissed();
    });
  };
  void subscribe();
  return () => {
    timer?.cancel();
    stop.abort(new Error('The subscription was ended'));
  };
}
