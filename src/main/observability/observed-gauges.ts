import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Gauge } from 'prom-client';
import { INSTRUMENTS, type InstrumentEntry } from './instrument-table.ts';

/** What a manager shows of itself when metrics are read. */
export interface Observation {
  readonly sources: readonly {
    /** Epoch ms; null without a map. */
    readonly expiresAtMs: number | null;
    readonly nowMs: number;
    /** `closed`, `half-open` or `open`. */
    readonly circuit: string;
  }[];
  readonly connectorsByState: ReadonlyMap<string, number>;
  readonly queueLength: number;
}

/** What a registry shows of itself when metrics are read. */
interface RegistryObservation {
  readonly queueLength: number;
  readonly behindMs: number;
}

/** What clients have open at a gateway. */
export interface GatewayObservation {
  readonly sessions: number;
  readonly requests: number;
  readonly heldCalls: number;
}

type Observe = () => Observation;
type ObserveRegistry = () => RegistryObservation;

const observed = new Set<Observe>();
const registries = new Set<ObserveRegistry>();
const gateways = new Set<() => GatewayObservation>();

/** Has a manager's gauges read at each scrape, rather than written at each change; the returned function ends it. */
export function observeManager(observe: Observe): () => void {
  observed.add(observe);
  return () => void observed.delete(observe);
}

/** The same for a registry. */
export function observeRegistry(observe: ObserveRegistry): () => void {
  registries.add(observe);
  return () => void registries.delete(observe);
}

/** The same for a gateway. */
export function observeGateway(observe: () => GatewayObservation): () => void {
  gateways.add(observe);
  return () => void gateways.delete(observe);
}

const observations = (): Observation[] => [...observed].map((observe) => observe());

/** Makes the gauges that are read. `make` gets the function that fills one in. */
export function observeGauges(make: (entry: InstrumentEntry, collect: (this: Gauge) => void) => void): void {
  make(INSTRUMENTS.connectors, function () {
    this.reset();
    for (const { connectorsByState } of observations())
      for (const [state, count] of connectorsByState) this.inc({ state }, count);
  });
  make(INSTRUMENTS.circuits, function () {
    for (const state of ['closed', 'half-open', 'open']) this.set({ state }, 0);
    for (const { circuit } of sources()) this.inc({ state: circuit });
  });
  make(INSTRUMENTS.staleness, function () {
    const ages = expiries().map((expiresInMs) => Math.max(0, -expiresInMs));
    this.set(Math.max(0, ...ages) / 1000);
  });
  make(INSTRUMENTS.expiry, function () {
    const known = expiries();
    this.remove();
    if (known.length > 0) this.set(Math.min(...known) / 1000);
  });
  make(INSTRUMENTS.poolQueue, function () {
    this.set(observations().reduce((sum, { queueLength }) => sum + queueLength, 0));
  });
  make(INSTRUMENTS.registryQueue, function () {
    this.set([...registries].reduce((sum, observe) => sum + observe().queueLength, 0));
  });
  make(INSTRUMENTS.registryBehind, function () {
    this.set(Math.max(0, ...[...registries].map((observe) => observe().behindMs)) / 1000);
  });
  make(INSTRUMENTS.gatewayClients, function () {
    const all = [...gateways].map((observe) => observe());
    const sum = (of: (one: GatewayObservation) => number): number => all.reduce((total, one) => total + of(one), 0);
    this.set(
      { kind: 'sessions' },
      sum(({ sessions }) => sessions),
    );
    this.set(
      { kind: 'requests' },
      sum(({ requests }) => requests),
    );
    this.set(
      { kind: 'held' },
      sum(({ heldCalls }) => heldCalls),
    );
  });
  const delay = monitorEventLoopDelay({ resolution: 10 });
  make(INSTRUMENTS.loopDelay, function () {
    // From the first scrape on: who never reads it does not pay for it.
    delay.enable();
    const seconds = (nanoseconds: number): number => (Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : 0);
    this.set({ quantile: '0.5' }, seconds(delay.percentile(50)));
    this.set({ quantile: '0.99' }, seconds(delay.percentile(99)));
    this.set({ quantile: '1' }, seconds(delay.max));
    delay.reset();
  });
}

const sources = (): Observation['sources'] => observations().flatMap((observation) => observation.sources);

function expiries(): number[] {
  return sources().flatMap(({ expiresAtMs, nowMs }) => (expiresAtMs === null ? [] : [expiresAtMs - nowMs]));
}
