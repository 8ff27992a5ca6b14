import { startTimer, type Timer } from '../../../shared/clock.ts';
import type { ConnectorProxyManager } from '../../connector-proxy-manager.ts';
import type { JsonObject } from '../../connectors/streamable-http/json-rpc.ts';
import type { Feature } from '../catalog/feature-lists.ts';
import type { View } from '../view.ts';
import { withLogger } from './forwarding.ts';
import { isAtLeast } from './log-level.ts';

/** What changed. */
export type ChangedList = 'tools' | 'prompts' | 'resources';

/** Who hears of changes, and of which. */
export interface NoticeListener {
  readonly view: View;
  wants(list: ChangedList): boolean;
  /** Whether it watches the resource of that URI, as it is called on its route. */
  watches(uri: string): boolean;
  /** The least severe log message that it wants of those that belong to no request; null for none. */
  readonly logLevel: string | null;
  send(method: string, params: JsonObject): void;
}

/** What changes within that time is told once. */
const DEBOUNCE_MS = 20;

/** Tells clients of what connectors say of their own accord. */
export class Notices {
  readonly #listeners = new Set<NoticeListener>();
  readonly #changed: Readonly<Record<ChangedList, Set<string>>> = {
    tools: new Set(),
    prompts: new Set(),
    resources: new Set(),
  };
  readonly #stops: readonly (() => void)[];
  #timer: Timer | null = null;

  constructor(manager: ConnectorProxyManager) {
    this.#stops = [
      manager.on('tools', ({ connectorId }) => this.changed('tools', connectorId)),
      manager.on('notification', ({ connectorId, method, params }) => this.#pass(connectorId, method, params)),
    ];
  }

  add(listener: NoticeListener): void {
    this.#listeners.add(listener);
  }

  remove(listener: NoticeListener): void {
    this.#listeners.delete(listener);
  }

  /** A list of a connector is another than it was. */
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
    for (const listener of this.#listeners) {
      const { route } = listener.view;
      if (route.connectorId !== null && route.connectorId !== connectorId) continue;
      if (method === 'notifications/resources/updated' && typeof params.uri === 'string') {
        const uri = route.exposeUri(connectorId, params.uri);
        if (listener.watches(uri)) listener.send(method, { ...params, uri });
      } else if (method === 'notifications/message') {
        const { logLevel } = listener;
        const logger = route.connectorId === null ? connectorId : null;
        if (logLevel !== null && isAtLeast(params.level, logLevel)) listener.send(method, withLogger(params, logger));
      }
    }
  }
}
