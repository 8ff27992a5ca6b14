import { type JsonObject, RpcError } from '../../../mcp/json-rpc.ts';
import type { MessageRecord } from '../../../recording/recording-format.ts';
import type { RequestTraffic } from '../../connection/connection.ts';
import type { ChannelRequestOptions, MessageChannel } from '../message-channel.ts';

/** Returns a channel that records its messages; returns `channel` itself if there is no recording. */
export function recordedChannel(channel: MessageChannel, record: MessageRecord | undefined): MessageChannel {
  return record === undefined ? channel : new RecordedChannel(channel, record);
}

/** Records a request that was not sent over the recorded channel, and its response. */
export function noteExchange(
  record: MessageRecord | undefined,
  method: string,
  params: JsonObject,
  result: JsonObject,
): void {
  if (record === undefined) return;
  const id = record.nextId();
  record.note('client', { jsonrpc: '2.0', id, method, params });
  record.note('server', { jsonrpc: '2.0', id, result });
}

/**
 * A channel over any transport that records its requests, their responses, and the notifications that arrive with the
 * responses. ServerMessages records the server's own requests and notifications.
 */
class RecordedChannel implements MessageChannel {
  readonly #channel: MessageChannel;
  readonly #record: MessageRecord;

  constructor(channel: MessageChannel, record: MessageRecord) {
    this.#channel = channel;
    this.#record = record;
  }

  get isModern(): boolean {
    return this.#channel.isModern;
  }

  get sessionId(): string | null {
    return this.#channel.sessionId ?? null;
  }

  speak(era: 'modern' | 'legacy', revision: string | null): void {
    this.#channel.speak(era, revision);
  }

  async request(method: string, params: JsonObject, options: ChannelRequestOptions): Promise<JsonObject> {
    const record = this.#record;
    const id = record.nextId();
    const meta = { ...(params._meta as JsonObject | undefined), progressToken: id };
    const asked = options.onProgress === undefined ? params : { ...params, _meta: meta };
    record.note('client', { jsonrpc: '2.0', id, method, params: asked });
    try {
      const result = await this.#channel.request(method, params, this.#overheard(id, options));
      record.note('server', { jsonrpc: '2.0', id, result });
      return result;
    } catch (error) {
      if (error instanceof RpcError) {
        const { code, message, data } = error;
        record.note('server', { jsonrpc: '2.0', id, error: { code, message, ...(data !== undefined && { data }) } });
      } else if (options.signal?.aborted === true) {
        record.note('client', { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
      }
      throw error;
    }
  }

  notify(method: string, params: JsonObject): Promise<void> {
    this.#record.note('client', { jsonrpc: '2.0', method, params });
    return this.#channel.notify(method, params);
  }

  answer(id: string | number, answer: { readonly result: JsonObject } | { readonly error: JsonObject }): Promise<void> {
    return this.#channel.answer(id, answer);
  }

  /**
   * Returns request options whose callbacks also record the messages of the request. Disables streaming, so a large
   * result is read as a whole.
   */
  #overheard(id: number, { onLargeResult: _, ...options }: ChannelRequestOptions): ChannelRequestOptions {
    const { onProgress, onNotification } = options;
    const note = (method: string, params: JsonObject): void =>
      this.#record.note('server', { jsonrpc: '2.0', method, params });
    const progress: RequestTraffic['onProgress'] = (step, params) => {
      note('notifications/progress', { ...params, progressToken: id });
      onProgress?.(step, params);
    };
    const notification: RequestTraffic['onNotification'] = (method, params) => {
      note(method, params);
      onNotification?.(method, params);
    };
    return {
      ...options,
      ...(onProgress !== undefined && { onProgress: progress }),
      ...(onNotification !== undefined && { onNotification: notification }),
    };
  }
}
