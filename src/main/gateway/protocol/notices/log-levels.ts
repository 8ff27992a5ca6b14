import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { isObject } from '../../../mcp/json-rpc.ts';
import { leastOf } from '../../messages/log-message.ts';

const USUAL = 'info';

/** Has legacy connectors log what the most curious of the clients wants to hear (MCP 2025-11-25, logging): a level is a matter of the connection, which all of them share. */
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

  /** A client wants to hear from that level on, or nothing any more. Connectors are told in the background: one that hangs holds nobody up. */
  want(client: object, level: string | null): void {
    if (level === null) this.#wanted.delete(client);
    else this.#wanted.set(client, level);
    // Where nobody wants to hear anything, connectors that were told to say little go back to what is usual.
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
      // It logs as it did before.
    });
  }
}
