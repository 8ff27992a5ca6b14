import type { Random } from '../../shared/clock.ts';
import { toWireError } from '../../shared/errors.ts';
import type { FleetKeys } from '../../shared/fleet/fleet-keys.ts';
import type { FleetSealer } from '../../shared/fleet/fleet-sealer.ts';
import type { FleetSettings } from '../../shared/fleet/fleet-settings.ts';
import type { FleetEvent } from '../../shared/protocol/fleet/fleet-messages.ts';
import type { WriterReply } from '../../shared/protocol/writer-reply.ts';
import type { Redis } from './redis.ts';

/** What every part of the fleet thread is given. A part is a function of these that returns its share of the API. */
export interface FleetPartDeps {
  readonly redis: Redis;
  readonly keys: FleetKeys;
  readonly sealer: FleetSealer;
  readonly settings: FleetSettings;
  readonly random: Random;
  /** Tells main. */
  readonly emit: (event: FleetEvent) => void;
  /** Has this done before the thread disconnects, such as giving up a lease. It gets a second at most. */
  readonly onClose: (work: () => Promise<void>) => void;
}

/** Answers main with what `work` resolves with, or with its failure as data. */
export async function reply<T>(work: () => Promise<T>): Promise<WriterReply<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: toWireError(error) };
  }
}
