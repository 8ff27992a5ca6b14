/** A Lua script. `keys` is the number of keys, which are the first arguments of each call. */
export interface RedisScript {
  readonly lua: string;
  readonly keys: number;
}

/** Reply to a command or script: string, number, null, bytes if requested, or a list of these. */
export type RedisReply = string | number | null | Buffer | readonly RedisReply[];

/**
 * The Redis server, as the fleet thread uses it. Only `connection/redis-connections.ts` knows the client library. All
 * methods reject with FLEET_UNAVAILABLE: immediately while the server is unreachable, and after one second if it does
 * not answer. They reject with FLEET_REFUSED if the server answers with an error (no permission, out of memory, wrong
 * type).
 */
export interface Redis {
  readonly isConnected: boolean;
  /**
   * Why the Redis server is unreachable. Null while it is connected, and until the first attempt to connect has failed.
   */
  readonly lastReason: string | null;
  /** Runs a small command. The reply contains strings. */
  command(name: string, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /**
   * Runs a command whose reply contains bytes. Uses a separate connection, because a long reply blocks its connection.
   */
  bulk(name: string, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /**
   * Runs a script by its digest, and loads the script if the Redis server does not know it. The reply contains strings.
   */
  run(script: RedisScript, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /** Runs a script whose reply contains bytes, on the separate connection for long replies. */
  runBulk(script: RedisScript, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /** Listens to a channel until the returned function is called. Subscribes again after each reconnection. */
  subscribe(channel: string, listener: (message: string) => void): () => void;
  /** Calls `listener` each time the connection is established or lost. */
  onChange(listener: (isConnected: boolean) => void): () => void;
  /**
   * Calls `listener` with each new reason why the Redis server cannot be reached, starting with the first attempt to
   * connect.
   */
  onFailure(listener: (why: string) => void): void;
}
