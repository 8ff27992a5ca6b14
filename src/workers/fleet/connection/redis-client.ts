import type { Redis as Client, RedisOptions } from 'ioredis';
import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import type { RedisReply } from '../redis.ts';

/** Argument of a Redis command. */
export type Argument = string | number | Uint8Array;

/** The client class of ioredis. */
export type RedisClientClass = new (options: RedisOptions) => Client;

/**
 * Imports the client class. Only this function loads the package, because most hosts have no fleet. Rejects with
 * FLEET_CLIENT_MISSING. Only tests replace `load`.
 */
export async function loadRedisClient(
  load: () => Promise<{ readonly Redis: RedisClientClass }> = () => import('ioredis'),
): Promise<RedisClientClass> {
  try {
    return (await load()).Redis;
  } catch (cause) {
    const message = 'The fleet needs the package ioredis, which is not installed. Run: npm install ioredis@6';
    throw new SwitchyardError('FLEET_CLIENT_MISSING', message, { cause });
  }
}

/**
 * Resolves once the Redis server answers. An ACL user may not be allowed to run PING, so a NOPERM error counts as an
 * answer.
 */
export async function ping(client: Client): Promise<void> {
  try {
    await client.ping();
  } catch (error) {
    if (!isRefusal(error) || !messageOf(error).startsWith('NOPERM')) throw error;
  }
}

/** Runs one command and resolves with its reply as a string. */
export async function call(client: Client, name: string, args: readonly Argument[]): Promise<RedisReply> {
  return (await client.call(name, ...args.map(asArgument))) as RedisReply;
}

/** Runs one command and resolves with its reply as bytes. */
export async function callForBytes(client: Client, name: string, args: readonly Argument[]): Promise<RedisReply> {
  return (await client.callBuffer(name, ...args.map(asArgument))) as RedisReply;
}

function asArgument(value: Argument): string | number | Buffer {
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Whether the Redis server sent this error as its answer. False for connection problems. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
