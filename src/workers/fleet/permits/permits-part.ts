import { randomBytes } from 'node:crypto';
import { SwitchyardError } from '../../../shared/errors.ts';
import { LEASE_MS, PERMIT_HOLD_MS } from '../../../shared/fleet/permit-timing.ts';
import type {
  FleetPermitApi,
  LeaseGrant,
  LeaseRequest,
  PermitGrant,
  PermitRequest,
} from '../../../shared/protocol/fleet/permit-messages.ts';
import { type FleetPartDeps, reply } from '../fleet-part.ts';
import type { RedisReply } from '../redis.ts';
import { LEASE } from './lease-script.ts';
import { TAKE_PERMITS } from './take-permits-script.ts';

/** The time windows of quotas, each with its length and the letter that marks its buckets in Redis. */
const WINDOWS = [
  { quota: 'perMinute', letter: 'm', ms: 60_000, bucketMs: 1_000 },
  { quota: 'perHour', letter: 'h', ms: 3_600_000, bucketMs: 60_000 },
  { quota: 'perDay', letter: 'd', ms: 86_400_000, bucketMs: 900_000 },
] as const;

const LONGEST_WAIT_MS = 86_400_000 + 900_000 + PERMIT_HOLD_MS;

/**
 * Creates the part of the fleet thread that gets permits and leases from Redis. This part checks only the form of
 * replies, because the main thread enforces each quota, too.
 */
export function createPermits({ redis, keys }: Pick<FleetPartDeps, 'redis' | 'keys'>): FleetPermitApi {
  return {
    takePermits: (connectorId, request) =>
      reply(async () => {
        const answer = await redis.run(TAKE_PERMITS, keys.quota(connectorId), ...takeArguments(request));
        return readGrant(answer, request);
      }),
    leaseConcurrent: (connectorId, request) =>
      reply(async () => {
        const { holder, limit, held, wanted } = request;
        const key = `${keys.quota(connectorId)}:live`;
        const answer = await redis.run(LEASE, key, holder, limit, held, wanted, LEASE_MS);
        return readLease(answer, request);
      }),
  };
}

/** Returns the arguments of {@link TAKE_PERMITS} that follow its key. */
export function takeArguments({ limits, wanted, returned, spent }: PermitRequest): (string | number)[] {
  const windows = WINDOWS.flatMap(({ quota, letter, ms, bucketMs }) => {
    const limit = limits[quota];
    return limit === undefined ? [] : [[letter, ms, bucketMs, limit, spent[quota] ?? 0]];
  });
  return [
    ...[randomBytes(9).toString('base64url'), PERMIT_HOLD_MS, wanted, windows.length],
    ...windows.flat(),
    ...returned.flatMap(({ count, takenAtMs }) => [count, takenAtMs]),
  ];
}

function readGrant(answer: RedisReply, { wanted }: PermitRequest): PermitGrant {
  const [granted, retryInMs, takenAtMs, epoch] = Array.isArray(answer) ? answer : [];
  const isGrant = isWithin(granted, wanted) && isWithin(retryInMs, LONGEST_WAIT_MS);
  if (!isGrant || !isWithin(takenAtMs, Number.MAX_SAFE_INTEGER)) throw nonsense('takePermits');
  if (typeof epoch !== 'string' || epoch.length > 64) throw nonsense('takePermits');
  return { granted, retryInMs, takenAtMs, epoch };
}

function readLease(answer: RedisReply, { held: before, wanted }: LeaseRequest): LeaseGrant {
  const [held, retryInMs, contended] = Array.isArray(answer) ? answer : [];
  if (!isWithin(held, wanted) || held < before || !isWithin(retryInMs, LEASE_MS)) throw nonsense('leaseConcurrent');
  return { held, retryInMs, isContended: contended === 1 };
}

function isWithin(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max;
}

function nonsense(what: string): SwitchyardError {
  return new SwitchyardError('FLEET_REFUSED', `The fleet's server returned an invalid answer to ${what}.`);
}
