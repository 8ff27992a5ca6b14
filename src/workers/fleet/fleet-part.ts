import type { Random } from '../../shared/clock.ts';
import { toWireError } from '../../shared/errors.ts';
import type { FleetKeys } from '../../shared/fleet/fleet-keys.ts';
import type { FleetSealer } from '../../shared/fleet/fleet-sealer.ts';
import type { FleetSettings } from '../../shared/fleet/fleet-settings.ts';
import type { FleetEvent } from '../../shared/protocol/fleet/fleet-messages.ts';
import type { WriterReply } from '../../shared/protocol/writer-reply.ts';
import type { Redis } from './redis.ts';

/** Dependencies of every part of the fleet thread. Each part implements some functions of the API. */
export interface FleetPartDeps {
  readonly redis: Redis;
  readonly keys: FleetKeys;
  readonly sealer: FleetSealer;
  readonly settings: FleetSettings;
  readonly random: Random;
  /** Sends an event to the main thread. */
  readonly emit: (event: FleetEvent) => void;
  /**
   * Registers work that runs before the thread disconnects, such as releasing a lease. The work may take at most one
   * second.
   */
  readonly onClose: (work: () => Promise<void>) => void;
}

/** Runs `work`, and returns its result or failure as data that can be sent to the main thread. */
export async function reply<T>(work: () => Promise<T>): Promise<WriterReply<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: toWireError(error) };
  }
}
