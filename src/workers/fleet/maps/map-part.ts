import * as Comlink from 'comlink';
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import type { FleetMapApi } from '../../../shared/protocol/fleet/map-messages.ts';
import { type FleetPartDeps, reply } from '../fleet-part.ts';
import { FollowedMap } from './followed-map.ts';
import { machineTime } from './map-time.ts';
import { PlainBodies } from './plain-bodies.ts';

/**
 * Maximum number of bodies that are packed, unpacked or read at the same time, because each one needs memory and a
 * thread of the pool.
 */
const MAX_HEAVY = 2;

/** Minimum interval between reports of the same refusal, so that a flooded channel does not flood the main thread. */
const REFUSED_PAUSE_MS = 1_000;
const MAX_REMEMBERED_REFUSALS = 64;

/** Creates the fleet thread's part for service maps: leases, heads, bodies and patches. */
export function createMapPart(deps: FleetPartDeps): FleetMapApi {
  const { keys, emit, onClose } = deps;
  const maps = new Map<string, FollowedMap>();
  const bodies = new PlainBodies();
  const heavy = pLimit(MAX_HEAVY);
  const refusals = new LRUCache<string, true>({ max: MAX_REMEMBERED_REFUSALS, ttl: REFUSED_PAUSE_MS });

  const refuse = (key: string, why: string): void => {
    const what = key.slice(keys.prefix.length);
    if (refusals.has(what)) return;
    refusals.set(what, true);
    emit({ kind: 'refused', what, why });
  };

  /** Returns the followed map with this name. It is created when the main thread first asks for it. */
  const mapOf = (name: string): FollowedMap => {
    const known = maps.get(name);
    if (known !== undefined) return known;
    const map = new FollowedMap({ ...deps, name, keys: keys.map(name), bodies, heavy, refuse, time: machineTime });
    maps.set(name, map);
    return map;
  };

  const done = (work: () => void | Promise<void>) =>
    reply(async () => {
      await work();
      return null;
    });

  onClose(async () => {
    await Promise.all([...maps.values()].map((map) => map.close()));
  });

  return {
    followMap: (name) => done(() => void mapOf(name)),
    holdMap: (name, held, bytes) => done(() => mapOf(name).hold(held, bytes)),
    readHead: (name) => reply(() => mapOf(name).readHead()),
    readMap: async (name, head) => {
      const answer = await reply(() => mapOf(name).read(head));
      return answer.ok && answer.value !== null ? Comlink.transfer(answer, [answer.value.bytes.buffer]) : answer;
    },
    publishMap: (name, map) => reply(() => mapOf(name).publish(map)),
    confirmMap: (name, sha256) => reply(() => mapOf(name).confirm(sha256)),
    refuseMap: (name, sha256) => done(() => mapOf(name).refuse(sha256)),
    stepDown: (name) => done(() => mapOf(name).stepDown()),
  };
}
