/** A Lua script; `keys` is how many of its arguments are keys. */
export interface RedisScript {
  readonly lua: string;
  readonly keys: number;
}

/** What one command or script answers: texts, numbers, null, bytes where asked for, or lists of these. */
export type RedisReply = string | number | null | Buffer | readonly RedisReply[];

/**
 * The server, as the fleet thread uses it (`connection/redis-connections.ts` is the only file that knows the client).
 * Everything rejects with FLEET_UNAVAILABLE: at once while the server is away, and after a second where it is silent;
 * with FLEET_REFUSED where the server answers an error (no permission, out of memory, wrong type).
 */
export interface Redis {
  readonly isConnected: boolean;
  /** Why the server is away; null while it is not, and before the first try to connect has failed. */
  readonly lastReason: string | null;
  /** A small command. Texts come as strings. */
  command(name: string, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /** The same with replies as bytes, on a connection of its own: a long reply blocks its connection. */
  bulk(name: string, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /** Runs a script by its digest, and loads it where the server does not know it. Replies as texts. */
  run(script: RedisScript, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /** The same with replies as bytes, over the bulk connection. */
  runBulk(script: RedisScript, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /** Hears a channel, also after each reconnection, until the returned function is called. */
  subscribe(channel: string, listener: (message: string) => void): () => void;
  /** Calls back after each time that the connection came up, or was lost. */
  onChange(listener: (isConnected: boolean) => void): () => void;
  /** Calls back with each new reason why the server cannot be reached, the first time at the start. */
  onFailure(listener: (why: string) => void): void;
}
