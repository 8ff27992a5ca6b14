import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { isObject } from '../../../mcp/json-rpc.ts';
import { leastOf } from '../../messages/log-message.ts';

const USUAL = 'info';

/**
 * Sets the log level of legacy connectors to the most verbose level that any client wants (MCP 2025-11-25, logging).
 * The level belongs to the connection, which all clients share.
 */
export class LogLevels {
  readonly #manager: ConnectorProxyManager;
  readonly #wanted = new Map<object, string>();
  readonly #off: () => void;
  readonly #up = new Set<string>();
  #least: string | null = null;

  constructor(manager: ConnectorProxyManager) {
    this.#manager = manager;
    this.#off = manager.on('connector', ({ connectorId, to }) => {
      const isUp = to === 'ready' || to === 'degraded';
      if (!isUp) this.#up.delete(connectorId);
      else {
        this.#up.add(connectorId);
        if (this.#least !== null) void this.#set(connectorId, this.#least);
      }
    });
  }

  /**
   * Sets the level that a client wants; null for no log messages. Connectors are notified in the background, so a
   * hanging connector delays nothing.
   */
  want(client: object, level: string | null): void {
    if (level === null) this.#wanted.delete(client);
    else this.#wanted.set(client, level);
    // If no client wants log messages any more, connectors whose level was changed go back to the default level.
    const least = leastOf([...this.#wanted.values()]) ?? (this.#least === null ? null : USUAL);
    if (least === null || least === this.#least) return;
    this.#least = least;
    for (const id of this.#up) void this.#set(id, least);
  }

  close(): void {
    this.#off();
  }

  async #set(connectorId: string, level: string): Promise<void> {
    const facts = this.#manager.facts(connectorId);
    if (facts?.era !== 'legacy' || !isObject(facts.capabilities.logging)) return;
    await this.#manager.request(connectorId, 'logging/setLevel', { level }, { timeoutMs: 5_000 }).catch(() => {
      // The connector keeps its previous level.
    });
  }
}
