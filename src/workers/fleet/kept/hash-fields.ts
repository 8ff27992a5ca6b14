import { hash } from 'node:crypto';
import { codeOf, messageOf } from '../../../shared/errors.ts';
import type { FleetPartDeps } from '../fleet-part.ts';
import type { RedisReply, RedisScript } from '../redis.ts';
import { HEADS, READ, REMOVE_REFUSED } from './kept-scripts.ts';

/** Maximum size of one reply. Only a single large value may exceed it. */
const MAX_REPLY_BYTES = 1024 * 1024;

/** Maximum number of fields in one request. */
const MAX_FIELDS = 256;

/** Markers that the script `READ` returns in place of a value. */
const TOO_LARGE = 0;
const LEFT_FOR_LATER = 1;

/** The dependencies that are needed to read and write hashes. */
export type HashDeps = Pick<FleetPartDeps, 'redis' | 'keys' | 'settings' | 'emit'>;

/** Reads hashes in Redis, and removes invalid fields. The fields may contain values of any kind and size. */
export class HashFields {
  readonly #deps: HashDeps;
  #lastRefusal = '';

  constructor(deps: HashDeps) {
    this.#deps = deps;
  }

  /**
   * Reads the values of these fields in batches. A value is null if its field is missing or larger than `maxBytes`. A
   * field that is too large is removed.
   */
  async read(key: string, fields: readonly string[], maxBytes: number): Promise<(Buffer | null)[]> {
    const values = new Map<number, Buffer>();
    let left = fields.map((_, index) => index);
    while (left.length > 0) {
      const some = left.slice(0, MAX_FIELDS);
      const names = some.map((index) => fields[index] ?? '');
      const found = (await this.#readSome(key, names, maxBytes)) ?? (await this.#readOneByOne(key, names, maxBytes));
      const isLeft = (at: number): boolean => found[at] === LEFT_FOR_LATER;
      for (const [at, index] of some.entries()) {
        const value = found[at];
        if (Buffer.isBuffer(value)) values.set(index, value);
        else if (value === TOO_LARGE) await this.remove(key, names[at] ?? '', null, 'is too large');
      }
      left = [...some.filter((_, at) => isLeft(at)), ...left.slice(some.length)];
    }
    return fields.map((_, index) => values.get(index) ?? null);
  }

  /** Reads the first `bytes` bytes of each field. The value is null for a missing field. */
  async heads(key: string, fields: readonly string[], bytes: number): Promise<(string | null)[]> {
    const heads: (string | null)[] = [];
    for (let from = 0; from < fields.length; from += MAX_FIELDS) {
      const some = fields.slice(from, from + MAX_FIELDS);
      const found = await this.attempt(async () => {
        return listOf(await this.#deps.redis.run(HEADS, key, bytes, ...some));
      });
      // The Redis user of this host may only read, and therefore cannot run scripts.
      if (found === null) return (await this.read(key, fields, MAX_REPLY_BYTES)).map((it) => headOf(it, bytes));
      heads.push(...some.map((_, at) => (typeof found[at] === 'string' ? found[at] : null)));
    }
    return heads;
  }

  /** Returns the number of fields, or 0 if the key is not a hash. */
  async length(key: string): Promise<number> {
    const count = await this.attempt(() => this.#deps.redis.command('HLEN', key));
    return typeof count === 'number' ? count : 0;
  }

  /** Runs a script that writes. Resolves with null if this host's user may not write. */
  write(script: RedisScript, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply> {
    return this.attempt(() => this.#deps.redis.run(script, ...args));
  }

  /**
   * Runs `question`, and resolves with null if the Redis server refuses the request. Each refusal is reported once,
   * except on hosts with the role `reader`, which are not expected to write.
   */
  async attempt<T>(question: () => Promise<T>): Promise<T | null> {
    try {
      return await question();
    } catch (error) {
      if (codeOf(error) !== 'FLEET_REFUSED') throw error;
      const why = messageOf(error);
      const isToTell = this.#deps.settings.role !== 'reader' && why !== this.#lastRefusal;
      this.#lastRefusal = why;
      if (isToTell) this.#deps.emit({ kind: 'refused', what: 'tools', why });
      return null;
    }
  }

  /**
   * Removes an invalid field, unless its value is no longer `value`, because another host may have repaired the field.
   * If `value` is null, removes the field in any case.
   */
  async remove(key: string, field: string, value: Uint8Array | null, why: string): Promise<void> {
    const { redis, keys, emit } = this.#deps;
    emit({ kind: 'refused', what: key.slice(keys.prefix.length), why: `one of its fields ${why}` });
    await this.attempt(() => {
      if (value === null) return redis.command('HDEL', key, field);
      return redis.run(REMOVE_REFUSED, key, field, hash('sha1', value));
    });
  }

  #readSome(key: string, names: readonly string[], maxBytes: number): Promise<readonly RedisReply[] | null> {
    return this.attempt(async () => {
      return listOf(await this.#deps.redis.runBulk(READ, key, maxBytes, MAX_REPLY_BYTES, ...names));
    });
  }

  /** Reads fields one by one, if the Redis user of this host may only read and therefore cannot run scripts. */
  async #readOneByOne(key: string, names: readonly string[], maxBytes: number): Promise<readonly RedisReply[]> {
    const { redis } = this.#deps;
    const readOne = async (name: string): Promise<RedisReply> => {
      const size = await redis.command('HSTRLEN', key, name);
      if (typeof size !== 'number' || size === 0) return null;
      return size > maxBytes ? TOO_LARGE : (listOf(await redis.bulk('HMGET', key, name))[0] ?? null);
    };
    return (await this.attempt(() => Promise.all(names.map(readOne)))) ?? [];
  }
}

/** Returns a reply that is a list, or an empty list for any other reply. */
export function listOf(reply: RedisReply): readonly RedisReply[] {
  return Array.isArray(reply) ? (reply as readonly RedisReply[]) : [];
}

function headOf(value: Buffer | null, bytes: number): string | null {
  return value === null ? null : value.subarray(0, bytes).toString('latin1');
}
