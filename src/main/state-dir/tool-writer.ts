import type { Remote } from 'comlink';
import { SwitchyardError } from '../../shared/errors.ts';
import type { WriterApi } from '../../shared/protocol/writer-messages.ts';
import type { WriterReply } from '../../shared/protocol/writer-reply.ts';
import type { ConnectorMessage, ConnectorRecord, InStore } from '../../shared/tools/tool-records.ts';
import type { WriterClient } from '../writer/writer-client.ts';
import type { StoreHealth } from './store-health.ts';

/** How often the store may be replaced under one question. */
const MAX_TRIES = 4;

/** A question about tools to the store of this id, or to any (null). */
export type ToolQuestion<T> = (api: Remote<WriterApi>, storeId: string | null) => Promise<WriterReply<InStore<T>>>;

export interface ToolWriterDeps {
  readonly writer: WriterClient;
  readonly health: StoreHealth;
  /** Puts everything that this process knows into the store of this id. */
  readonly fill: (storeId: string) => Promise<void>;
}

/**
 * The writer where tools are concerned: a store that took the place of another (its folder was deleted, it was damaged, an older one was put back) is asked
 * nothing before it has what this process knows. Else a pin that it lacks would be taken for a tool that was never seen.
 */
export class ToolWriter {
  readonly #deps: ToolWriterDeps;
  #storeId: string | null = null;
  #filling: Promise<void> | null = null;

  constructor(deps: ToolWriterDeps) {
    this.#deps = deps;
  }

  /** What this process is about to know is from this store. */
  knows(storeId: string): void {
    this.#storeId ??= storeId;
  }

  /** The writer's answer; null where it has none. Never rejects. */
  async ask<T>(question: ToolQuestion<T>): Promise<{ readonly value: T } | null> {
    const { writer, health } = this.#deps;
    try {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const { storeId, value } = await writer.ask((api) => question(api, this.#storeId));
        if (value !== null) {
          this.#storeId = storeId;
          health.works();
          return { value };
        }
        this.#filling ??= this.#fill(storeId);
        await this.#filling;
      }
      throw new SwitchyardError('STORE_UNAVAILABLE', 'The store is replaced again and again.');
    } catch (error) {
      health.failed(error);
      return null;
    }
  }

  async #fill(storeId: string): Promise<void> {
    try {
      await this.#deps.fill(storeId);
      this.#storeId = storeId;
    } finally {
      this.#filling = null;
    }
  }
}

/** A record as the writer takes it. */
export function messageOf({ tools, ...record }: ConnectorRecord): ConnectorMessage {
  return { ...record, toolsText: JSON.stringify(tools) };
}
