import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import { type JsonObject, RPC_METHOD_NOT_FOUND, RpcError } from '../../mcp/json-rpc.ts';
import type { MessageChannel } from '../messages/message-channel.ts';

/** How long before a subscription that ended is made again; twice as long each time that it did not last. */
const RESUBSCRIBE_MS = 5_000;
const MAX_RESUBSCRIBE_MS = 300_000;

/**
 * Subscribes to changes of a modern server (`subscriptions/listen`, MCP 2026-07-28), whose notices come over the same
 * stream as everything else. A subscription that ends or is refused is made again after a pause, which grows; `onMissed`
 * says that changes may have been missed meanwhile. A server that does not know the method is not asked again. The
 * returned function ends the subscription.
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
    stop.abort(new Error('The subscription is no longer wanted'));
  };
}
