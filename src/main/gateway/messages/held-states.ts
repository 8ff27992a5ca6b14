import { randomBytes } from 'node:crypto';
import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';

/** Distinguishes the gateway's state from the state of a modern connector, which is passed through. */
const PREFIX = 'switchyard:';

/** Where a state of a held call belongs among what is sealed for hops. */
const PLACE = 'held call';

const KEY_BYTES = 24;

/** No state of ours is longer. */
const MAX_LENGTH = 256;

/** Makes the states (`requestState`) by which clients name held calls. */
export interface HeldStates {
  create(): string;
  /** The other replica that holds the call; null if it is held here, or if that cannot be told. */
  ownerOf(state: unknown): string | null;
}

/** Whether a retry belongs to a call that is, or was, held by a gateway. */
export function isHeldState(state: unknown): state is string {
  return typeof state === 'string' && state.startsWith(PREFIX);
}

/** States of a gateway that is alone. */
export const LONE_STATES: HeldStates = {
  create: () => PREFIX + randomBytes(KEY_BYTES).toString('base64url'),
  ownerOf: () => null,
};

/** States that name their replica, sealed: no client learns which one it is, or sends a hop anywhere. */
export function createHeldStates(hostId: string, sealer: FleetSealer): HeldStates {
  return {
    create() {
      const plain = Buffer.concat([randomBytes(KEY_BYTES), Buffer.from(hostId)]);
      return PREFIX + sealer.seal('hop', PLACE, plain).toString('base64url');
    },
    ownerOf(state) {
      if (!isHeldState(state) || state.length > MAX_LENGTH) return null;
      const plain = sealer.open('hop', PLACE, Buffer.from(state.slice(PREFIX.length), 'base64url'));
      const owner = plain?.subarray(KEY_BYTES).toString() ?? hostId;
      return owner === hostId ? null : owner;
    },
  };
}
