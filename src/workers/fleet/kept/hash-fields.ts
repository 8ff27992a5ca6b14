import { hash } from 'node:crypto';
import { codeOf, messageOf } from '../../../shared/errors.ts';
import type { FleetPartDeps } from '../fleet-part.ts';
import type { RedisReply, RedisScript } from '../redis.ts';
import { HEADS, READ, REMOVE_REFUSED } from './kept-scripts.ts';

/** Bytes of one reply, unless one value alone is larger. */
const MAX_REPLY_BYTES = 1024 * 1024;

/** Fields of one question. */
const MAX_FIELDS = 256;

/** What the script says in place of a value. */
const TOO_LARGE = 0;
const LEFT_FOR_LATER = 1;

/** The parts of the thread's dependencies that reading and writing hashes takes. */
export type HashDeps = Pick<FleetPartDeps, 'redis' | 'keys' | 'settings' | 'emit'>;

/** Reads and repairs hashes in Redis, whose fields may hold anything of any size. */
export class HashFields {
  readonly #deps: HashDeps;
  #lastRefusal = '';

  constructor(deps: HashDeps) {
    this.#deps = deps;
  }

  /** The values of these fields, in pieces; null where one is missing, or larger than `maxBytes`, which is removed. */
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

  /** The first `bytes` of each field; null where one is missing. */
  async heads(key: string, fields: readonly string[], bytes: number): Promise<(string | null)[]> {
    const heads: (string | null)[] = [];
    for (let from = 0; from < fields.length; from += MAX_FIELDS) {
      const some = fields.slice(from, from + MAX_FIELDS);
      const found = await this.attempt(async () => {
        return listOf(await this.#deps.redis.run(HEADS, key, bytes, ...some));
      });
      // A user that may only read has no scripts.
      if (found === null) return (await this.read(key, fields, MAX_REPLY_BYTES)).map((it) => headOf(it, bytes));
      heads.push(...some.map((_, at) => (typeof found[at] === 'string' ? found[at] : null)));
    }
    return heads;
  }

  /** How many fields there are; 0 for a key of another type. */
  async length(key: string): Promise<number> {
    const count = await this.attempt(() => this.#deps.redis.command('HLEN', key));
    return typeof count === 'number' ? count : 0;
  }

  /** Runs a script that writes; null where this user may not write. */
  write(script: RedisScript, ...args: readonly (string | number | Uint8Array)[]): Promise<RedisReply> {
    return this.attempt(() => this.#deps.redis.run(script, ...args));
  }

  /** What the server refuses is as if it were not there, which is told once; a reader is not expected to write. */
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

  /** Removes a field that was refused, unless another host has put it right by now (null: whatever it holds). */
  async remove(key: string, field: string, value: Uint8Array | null, why: string): Promise<void> {
    const { redis, keys, emit } = this.#deps;
    emit({ kind: 'refused', what: key.slice(keys.prefix.length), why: `a field of it ${why}` });
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

  /** For a user that may only read, and has no scripts. */
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

/** A reply as a list; empty for anything else. */
export function listOf(reply: RedisReply): readonly RedisReply[] {
  return Array.isArray(reply) ? (reply as readonly RedisReply[]) : [];
}

function headOf(value: Buffer | null, bytes: number): string | null {
  return value === null ? null : value.subarray(0, bytes).toString('latin1');
}
