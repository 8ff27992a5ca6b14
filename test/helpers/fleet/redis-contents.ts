import type { Redis } from 'ioredis';
import type { RedisServer } from './redis-server.ts';

/** Records every command that a server receives as text. This includes the messages on all channels. */
export class RedisMonitor implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #client: Redis;

  private constructor(client: Redis) {
    this.#client = client;
  }

  static async start(server: RedisServer): Promise<RedisMonitor> {
    const client = server.client();
    await client.connect();
    const monitor = new RedisMonitor(await client.monitor());
    monitor.#client.on('monitor', (_time: string, args: string[]) => void monitor.lines.push(args.join(' ')));
    client.disconnect();
    return monitor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.disconnect();
  }
}

/** Returns every key on a server with its whole value, as Latin-1 text. */
export async function everythingIn(server: RedisServer): Promise<readonly string[]> {
  const client = server.client();
  try {
    await client.connect();
    const keys = await client.keysBuffer('*');
    const values = await Promise.all(
      keys.map(async (key) => {
        const type = await client.type(key);
        const dump = await client.dumpBuffer(key);
        const rows = type === 'hash' ? Object.entries(await client.hgetallBuffer(key)) : [];
        return [
          `${key.toString('latin1')} ${dump?.toString('latin1') ?? ''}`,
          ...rows.map(([field, value]) => `${field} ${value.toString('latin1')}`),
        ];
      }),
    );
    return values.flat();
  } finally {
    client.disconnect();
  }
}
