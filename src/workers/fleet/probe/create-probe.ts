import { monotonicMs } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import type { FleetApi } from '../../../shared/protocol/fleet/fleet-messages.ts';
import { type FleetPartDeps, reply } from '../fleet-part.ts';
import { missingPermissions } from './missing-permissions.ts';

/** Creates the part of the fleet thread that checks whether the Redis server supports everything that a fleet needs. */
export function createProbe(deps: FleetPartDeps): Pick<FleetApi, 'probe'> {
  const { redis } = deps;
  return {
    probe: () =>
      reply(async () => {
        const startedAtMs = monotonicMs();
        await redis.command('TIME');
        const pingMs = monotonicMs() - startedAtMs;
        const info = await readInfo(() => redis.command('INFO'));
        const memory = info.get('used_memory');
        return {
          pingMs,
          server: info.get('valkey_version') ?? info.get('redis_version') ?? null,
          usedMemoryBytes: memory === undefined ? null : Number(memory),
          maxMemoryPolicy: info.get('maxmemory_policy') ?? null,
          isAppendOnly: info.has('aof_enabled') ? info.get('aof_enabled') === '1' : null,
          missingPermissions: await missingPermissions(deps),
        };
      }),
  };
}

/** Returns the lines of INFO, or an empty map if the user may not run INFO. */
async function readInfo(ask: () => Promise<unknown>): Promise<ReadonlyMap<string, string>> {
  try {
    const lines = String(await ask()).split('\r\n');
    return new Map(lines.flatMap((line) => (line.includes(':') ? [pairOf(line)] : [])));
  } catch (error) {
    if (codeOf(error) !== 'FLEET_REFUSED') throw error;
    return new Map();
  }
}

function pairOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1)];
}
