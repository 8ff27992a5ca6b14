import { startTimer, type Timer } from '../../../../shared/clock.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import type { JsonObject } from '../../../mcp/json-rpc.ts';
import type { Feature } from '../../catalog/read-feature.ts';
import { shows } from '../../catalog/route.ts';
import { withAncestors } from '../../catalog/uris/uri-ancestors.ts';
import type { View } from '../../catalog/view.ts';
import { isAtLeast, withLogger } from '../../messages/log-message.ts';
import type { CallsUnderWay } from '../forwarding/calls-under-way.ts';

/** Name of a list that changed. */
export type ChangedList = 'tools' | 'prompts' | 'resources';

/** Receiver of notifications, and the notifications that it wants. */
export interface NoticeListener {
  readonly view: View;
  wants(list: ChangedList): boolean;
  /** True if the listener watches this resource of the connector. `uri` is in the form that the client sent. */
  watches(uri: string, connectorId: string): boolean;
  /** Minimum level of log messages that belong to no request; null for no messages. */
  readonly logLevel: string | null;
  send(method: string, params: JsonObject): void;
}

/** Several changes within this time are reported as one. */
const DEBOUNCE_MS = 20;

/** Sends connectors' notifications to clients, if the notifications belong to no request. */
export class ClientNotices {
  readonly #calls: CallsUnderWay;
  readonly #listeners = new Set<NoticeListener>();
  readonly #changed: Readonly<Record<ChangedList, Set<string>>> = {
    tools: new Set(),
    prompts: new Set(),
    resources: new Set(),
  };
  readonly #stops: readonly (() => void)[];
  #timer: Timer | null = null;

  constructor(manager: ConnectorProxyManager, calls: CallsUnderWay) {
    this.#calls = calls;
    this.#stops = [
      manager.on('tools', ({ connectorId }) => this.changed('tools', connectorId)),
      manager.on('notification', ({ connectorId, method, params }) => this.#pass(connectorId, method, params)),
    ];
  }

  add(listener: NoticeListener): void {
    this.#listeners.add(listener);
  }

  /**
   * Adds a listener that already knows all changes so far. Changes that are waiting to be reported are reported to the
   * other listeners first, so that the new listener does not receive them.
   */
  addKnowing(listener: NoticeListener): void {
    this.#timer?.cancel();
    this.#tell();
    this.add(listener);
  }

  remove(listener: NoticeListener): void {
    this.#listeners.delete(listener);
  }

  /** Reports that a list of a connector has changed. */
  changed(feature: Feature | 'tools', connectorId: string): void {
    this.#changed[feature === 'templates' ? 'resources' : feature].add(connectorId);
    this.#timer ??= startTimer(DEBOUNCE_MS, () => this.#tell());
  }

  close(): void {
    this.#timer?.cancel();
    for (const stop of this.#stops) stop();
    this.#listeners.clear();
  }

  #tell(): void {
    this.#timer = null;
    for (const list of ['tools', 'prompts', 'resources'] as const) {
      const changed = this.#changed[list];
      for (const listener of changed.size > 0 ? this.#listeners : []) {
        const { connectorId } = listener.view.route;
        if (listener.wants(list) && (connectorId === null || changed.has(connectorId)))
          listener.send(`notifications/${list}/list_changed`, {});
      }
      changed.clear();
    }
  }

  #pass(connectorId: string, method: string, params: JsonObject): void {
    if (method === 'notifications/resources/updated') this.#updated(connectorId, params);
    else if (method === 'notifications/message') this.#logged(connectorId, params);
  }

  #updated(connectorId: string, params: JsonObject): void {
    if (typeof params.uri !== 'string') return;
    const own = params.uri;
    const ancestors = new Map<string, readonly string[]>();
    for (const listener of this.#listeners) {
      const { route } = listener.view;
      if (route.connectorId !== null && route.connectorId !== connectorId) continue;
      // A client may have found the connector's own URI in a result, and watch it in that form.
      for (const uri of new Set([route.exposeUri(connectorId, own), own])) {
        const watched = ancestors.get(uri) ?? withAncestors(uri);
        ancestors.set(uri, watched);
        if (watched.some((name) => listener.watches(name, connectorId)))
          listener.send('notifications/resources/updated', { ...params, uri });
      }
    }
  }

  /**
   * Passes on a log message of a connector. The message may contain data of a client, so it is sent to one client only,
   * like a server request. It goes to the only client with calls in flight at the connector. If there are no calls, it
   * goes to the only connected client.
   */
  #logged(connectorId: string, params: JsonObject): void {
    const call = this.#calls.only(connectorId);
    if (typeof call === 'object') call.notify('notifications/message', params);
    const [listener, ...others] = this.#listeners;
    if (call !== 'none' || listener === undefined || others.length > 0) return;
    const { logLevel, view } = listener;
    const logger = view.route.connectorId === null ? connectorId : null;
    if (shows(view.route, connectorId) && logLevel !== null && isAtLeast(params.level, logLevel))
      listener.send('notifications/message', withLogger(params, logger));
  }
}
