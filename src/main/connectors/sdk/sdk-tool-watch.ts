import type { Client } from '@modelcontextprotocol/client';
import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { ConnectionEvents } from '../connection/connection.ts';
import { announcedLists, noticesOf } from '../messages/announced-lists.ts';
import { STREAM_DELAY_MS } from './sdk-fetch.ts';

/** How long before a subscription that the server ended is made again; twice as long each time that it did not last. */
const RESUBSCRIBE_MS = 5_000;
const MAX_RESUBSCRIBE_MS = 300_000;

/** Of which lists the connector says when they change, as a subscription asks for it; those of tools alone where nobody hears of others. */
export function announcedChanges(client: Client, events: ConnectionEvents): JsonObject {
  return announcedLists({ ...client.getServerCapabilities() }, events.onNotification !== undefined);
}

/**
 * Listens to changes of a connector's lists, of both eras: a legacy session sends them over its standing stream, a modern connector over a
 * subscription (`subscriptions/listen`, MCP 2026-07-28). The returned function ends it.
 */
export function watchTools(client: Client, events: ConnectionEvents): () => void {
  const notices = announcedChanges(client, events);
  if (Object.keys(notices).length === 0) return () => {};
  client.setNotificationHandler('notifications/tools/list_changed', () => events.onToolsChanged());
  if (client.getProtocolEra() !== 'modern') return () => {};
  const stop = new AbortController();
  let timer: Timer | null = null;
  let pauseMs = RESUBSCRIBE_MS;
  const subscribeIn = (delayMs: number): void => {
    if (!stop.signal.aborted) timer = startTimer(delayMs, () => void subscribe());
  };
  const subscribe = async (): Promise<void> => {
    try {
      const subscription = await client.listen(notices, { signal: stop.signal });
      // What changed before it was there was told to nobody.
      events.onToolsChanged();
      for (const method of noticesOf(notices)) events.onNotification?.(method, {});
      const openedMs = monotonicMs();
      await subscription.closed;
      const lasted = monotonicMs() - openedMs > pauseMs;
      pauseMs = lasted ? RESUBSCRIBE_MS : Math.min(MAX_RESUBSCRIBE_MS, 2 * pauseMs);
      subscribeIn(pauseMs);
    } catch {
      // A connector that announces changes and takes no subscription: the refreshes in the background have to do.
    }
  };
  subscribeIn(STREAM_DELAY_MS);
  return () => {
    timer?.cancel();
    stop.abort(new Error('The connection is closed'));
  };
}
