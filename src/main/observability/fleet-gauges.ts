import type { Gauge } from 'prom-client';
import { FLEET_INSTRUMENTS } from './fleet-instruments.ts';
import type { GaugeEntry } from './instrument-entry.ts';

/** The facts about a fleet from which its gauges are computed. */
export interface FleetObservation {
  readonly isConnected: boolean;
  /** Number of maps for which this host is the leader. */
  readonly leading: number;
  readonly hosts: number;
  readonly lagMs: number;
}

const fleets = new Set<() => FleetObservation>();

/** Includes a fleet in the gauges, until the returned function is called. `observe` is called at each scrape. */
export function observeFleet(observe: () => FleetObservation): () => void {
  fleets.add(observe);
  return () => void fleets.delete(observe);
}

/**
 * Creates the gauges of fleets. Calls `make` once for each gauge, with its definition and the function that sets its
 * value at each scrape.
 */
export function observeFleetGauges(make: (entry: GaugeEntry, collect: (this: Gauge) => void) => void): void {
  const gaugeOf = (entry: GaugeEntry, read: (all: readonly FleetObservation[]) => number): void =>
    make(entry, function () {
      this.remove();
      if (fleets.size > 0) this.set(read([...fleets].map((observe) => observe())));
    });
  gaugeOf(FLEET_INSTRUMENTS.fleetConnected, (all) => (all.every(({ isConnected }) => isConnected) ? 1 : 0));
  gaugeOf(FLEET_INSTRUMENTS.fleetLeader, (all) => all.reduce((sum, { leading }) => sum + leading, 0));
  gaugeOf(FLEET_INSTRUMENTS.fleetHosts, (all) => Math.max(...all.map(({ hosts }) => hosts)));
  gaugeOf(FLEET_INSTRUMENTS.fleetLag, (all) => Math.max(...all.map(({ lagMs }) => lagMs)) / 1000);
}
