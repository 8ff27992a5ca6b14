import { randomBytes } from 'node:crypto';
import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';

/** Prefix that distinguishes the gateway's states from the states of modern connectors, which are passed through. */
const PREFIX = 'switchyard:';

/** Context that the encrypted states of held calls are bound to. */
const PLACE = 'held call';

const KEY_BYTES = 24;

/** Maximum length of a state made by a gateway. */
const MAX_LENGTH = 256;

/**
 * Creates the states (`requestState`) by which clients identify held calls, which are calls that wait for a client's
 * input.
 */
export interface HeldStates {
  create(): string;
  /**
   * Returns the other replica that holds the call; null if this replica holds the call, or if the replica is unknown.
   */
  ownerOf(state: unknown): string | null;
}

/** True if a state identifies a call that a gateway holds or has held. */
export function isHeldState(state: unknown): state is string {
  return typeof state === 'string' && state.startsWith(PREFIX);
}

/** Creates the states of a gateway without replicas, which are random keys. */
export const LONE_STATES: HeldStates = {
  create: () => PREFIX + randomBytes(KEY_BYTES).toString('base64url'),
  ownerOf: () => null,
};

/**
 * Creates encrypted states that contain the id of the replica that holds the call. No client can read this id, or make
 * a gateway forward a retry to another replica.
 */
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
