import type { Fleet } from '../fleet/fleet.ts';
import type { KeptImage } from '../state-dir/host-memory.ts';

const fleets = new WeakMap<object, Fleet>();

/** Returns the fleet that a manager is part of; null without a fleet. A gateway uses the fleet of its manager. */
export function fleetOf(manager: object): Fleet | null {
  return fleets.get(manager) ?? null;
}

/** Stores the fleet of a manager for {@link fleetOf}. */
export function noteFleet(manager: object, fleet: Fleet | null): void {
  if (fleet !== null) fleets.set(manager, fleet);
}

const images = new WeakMap<object, KeptImage>();

/**
 * Returns functions for the start image of a manager, which is the file that the next start reads first. Null without a
 * `stateDir`. A gateway stores its first answers (prepared responses for the next start) next to this file.
 */
export function startImageOf(manager: object): KeptImage | null {
  return images.get(manager) ?? null;
}

/** Stores these functions of a manager for {@link startImageOf}. */
export function noteStartImage(manager: object, image: KeptImage | null): void {
  if (image !== null) images.set(manager, image);
}
