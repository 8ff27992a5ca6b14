import { startTimer, type Timer } from '../../../shared/clock.ts';
import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';
import type { FleetLoginApi, FleetLoginRow } from '../../../shared/protocol/fleet/login-messages.ts';
import { type FleetPartDeps, reply } from '../fleet-part.ts';
import type { RedisReply } from '../redis.ts';
import { BEGIN_TURN, END_TURN, MARK_TURN, READ_ROWS, RENEW_TURN, WRITE_ROW } from './login-scripts.ts';

/** The right to refresh a login (a turn): its duration without renewal, renewal interval, and maximum duration. */
const TURN_MS = 5_000;
const RENEW_MS = 1_000;
const MAX_TURN_MS = 30_000;

/** Maximum number of rows that one message lists. A longer list means that all rows may have changed. */
const MAX_NAMED = 64;

const ROW_ID = /^(binding|client|login|intent):[0-9a-f]{64}$/;

/**
 * Stores the encrypted rows of logins in one hash. This thread never sees a token, because the main thread encrypts and
 * decrypts the rows.
 */
export function createLoginRows({ redis, keys, settings, emit, onClose }: FleetPartDeps): FleetLoginApi {
  const turns = new Map<string, Timer>();
  const channel = keys.loginNews;
  const newsOf = (scope: string, rowIds: readonly string[]): string =>
    JSON.stringify({ by: settings.hostId, scope, rowIds });

  const renew = (scope: string, loginId: string, turnId: string, restMs: number): void => {
    const timer = startTimer(RENEW_MS, () => {
      const left = restMs - RENEW_MS;
      if (left > 0) renew(scope, loginId, turnId, left);
      else turns.delete(turnId);
      // While the Redis server is unreachable, the turn expires. If this host then still writes a row, it does not
      // replace a newer row from another host.
      redis.run(RENEW_TURN, keys.loginLease(scope, loginId), turnId, TURN_MS).catch(() => {});
    });
    turns.set(turnId, timer);
  };
  const ended = (turnId: string): void => {
    turns.get(turnId)?.cancel();
    turns.delete(turnId);
  };

  redis.subscribe(channel, (message) => {
    const news = readNews(message);
    if (news !== null && news.by !== settings.hostId)
      emit({ kind: 'logins-changed', scope: news.scope, rowIds: news.rowIds });
  });
  onClose(async () => {
    for (const timer of turns.values()) timer.cancel();
    turns.clear();
  });

  return {
    readLogins: (scope, rowIds) =>
      reply(async () => {
        if (rowIds?.length === 0) return [];
        return rowsIn(await redis.runBulk(READ_ROWS, keys.logins(scope), ...(rowIds ?? [])));
      }),
    writeLogin: (scope, row, over) =>
      reply(async () => {
        const written = await redis.run(
          WRITE_ROW,
          keys.logins(scope),
          ...[row.rowId, row.generation, storedOf(row), over === null ? '' : storedOf(over)],
          ...[channel, newsOf(scope, [row.rowId])],
        );
        return written === 1;
      }),
    beginLoginTurn: (scope, loginId, turnId) =>
      reply(async () => {
        const names = [`login:${loginId}`, `intent:${loginId}`] as const;
        const asked = [keys.logins(scope), keys.loginLease(scope, loginId), turnId, TURN_MS, ...names];
        const [wait, login, intent] = listOf(await redis.runBulk(BEGIN_TURN, ...asked));
        const waitMs = Number(String(wait));
        if (waitMs === 0) renew(scope, loginId, turnId, MAX_TURN_MS);
        return { waitMs, login: rowOf(names[0], login), intent: rowOf(names[1], intent) };
      }),
    markLoginTurn: (scope, loginId, turnId, intent) =>
      reply(async () => {
        const isMarked = await redis.run(
          MARK_TURN,
          ...[keys.logins(scope), keys.loginLease(scope, loginId)],
          ...[turnId, intent.rowId, storedOf(intent), channel, newsOf(scope, [intent.rowId])],
        );
        return isMarked === 1;
      }),
    endLoginTurn: (scope, loginId, turnId, isUnsent) =>
      reply(async () => {
        ended(turnId);
        const intent = isUnsent ? `intent:${loginId}` : '';
        const names = [keys.logins(scope), keys.loginLease(scope, loginId)] as const;
        await redis.run(END_TURN, ...names, turnId, intent, channel, newsOf(scope, [`intent:${loginId}`]));
        return null;
      }),
    keepPendingLogin: (scope, name, bytes, ms) =>
      reply(async () => {
        await redis.command('SET', keys.pendingLogin(scope, name), bytes, 'PX', ms);
        return null;
      }),
    takePendingLogin: (scope, name) =>
      reply(async () => {
        const taken = await redis.bulk('GETDEL', keys.pendingLogin(scope, name));
        return Buffer.isBuffer(taken) ? Uint8Array.from(taken) : null;
      }),
  };
}

interface News {
  readonly by: string;
  readonly scope: string;
  readonly rowIds: readonly string[] | null;
}

/** Parses a message of the channel. Returns null if no host can have sent it. */
function readNews(message: string): News | null {
  if (message.length > 16_384) return null;
  let parsed: unknown;
  try {
    parsed = parseForeignJson(message);
  } catch {
    // Anyone with access to the channel may publish anything.
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const { by, scope, rowIds } = parsed as Record<string, unknown>;
  if (typeof by !== 'string' || typeof scope !== 'string' || !Array.isArray(rowIds)) return null;
  const isEach = rowIds.length <= MAX_NAMED && rowIds.every((id) => typeof id === 'string' && ROW_ID.test(id));
  return { by, scope, rowIds: isEach ? rowIds : null };
}

function listOf(answer: RedisReply): readonly RedisReply[] {
  return Array.isArray(answer) ? answer : [];
}

/** Parses a reply with alternating names and values. Names that no host writes are skipped. */
function rowsIn(answer: RedisReply): readonly FleetLoginRow[] {
  const list = listOf(answer);
  const rows: FleetLoginRow[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) {
    const rowId = String(list[at]);
    const row = ROW_ID.test(rowId) ? rowOf(rowId, list[at + 1]) : null;
    if (row !== null) rows.push(row);
  }
  return rows;
}

function rowOf(rowId: string, value: RedisReply | undefined): FleetLoginRow | null {
  if (!Buffer.isBuffer(value)) return null;
  const colon = value.indexOf(':');
  const digits = colon > 0 && colon <= 16 ? value.subarray(0, colon).toString('latin1') : '';
  const generation = /^\d+$/.test(digits) ? Number(digits) : -1;
  // The digits must be canonical. A row is compared with its stored bytes, so it must later be written exactly as it
  // was read.
  const isRow = Number.isSafeInteger(generation) && String(generation) === digits;
  if (!isRow) return { rowId, generation: -1, bytes: Uint8Array.from(value) };
  return { rowId, generation, bytes: Uint8Array.from(value.subarray(colon + 1)) };
}

function storedOf({ generation, bytes }: FleetLoginRow): Uint8Array {
  return generation < 0 ? bytes : Buffer.concat([Buffer.from(`${generation}:`), bytes]);
}
