/** A Lua script. `keys` is the number of its arguments that are keys. */
export interface RedisScript {
  readonly lua: string;
  readonly keys: number;
}

/** Reply of a command or script: text, number, null, bytes on request, or a list of these. */
export type RedisReply = string | number | null | Buffer | readonly RedisReply[];

/**
 * The Redis server, as the fleet thread uses it. Only `connection/redis-connections.ts` knows the client library. All
 * methods reject with FLEET_UNAVAILABLE: at once while the server is unreachable, and after one second if it does not
 * answer. They reject with FLEET_REFUSED if the server answers with an error (no permission, out of memory, wrong
 * type).
 */
export interface Redis {
  readonly isConnected: boolean;
  /** Why the server is unreachable. Null while it is connected, and until the first try to connect has failed. */
  readonly lastReason: string | null;
  /** Runs a small command, with texts in its reply. */
  command(name: string, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /** Runs a command with bytes in its reply, on a separate connection: a long reply blocks its connection. */
  bulk(name: string, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /** Runs a script by its digest, and loads it if the server does not know it. Replies are texts. */
  run(script: RedisScript, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /** Runs a script with bytes in its reply, over the bulk connection. */
  runBulk(script: RedisScript, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /** Listens to a channel, also after each reconnection, until the returned function is called. */
  subscribe(channel: string, listener: (message: string) => void): () => void;
  /** Calls `listener` each time the connection is established or lost. */
  onChange(listener: (isConnected: boolean) => void): () => void;
  /**
   * Calls `listener` with each new reason why the server cannot be reached, beginning with the first try to connect.
   */
  onFailure(listener: (why: string) => void): void;
}
