import type { Gauge } from 'prom-client';
import { observeFleetGauges } from './fleet-gauges.ts';
import type { GaugeEntry } from './instrument-entry.ts';
import { INSTRUMENTS } from './instrument-table.ts';
import { type LoopDelayMeter, startLoopDelayMeter } from './loop-delay.ts';

/**
 * The facts about one service map and its source from which the gauges are computed. Times are in epoch milliseconds,
 * and null if unknown.
 */
interface SourceObservation {
  readonly nowMs: number;
  readonly generatedAtMs: number | null;
  readonly expiresAtMs: number | null;
  /** Earliest expiry of a key that signed the map. */
  readonly keyExpiresAtMs: number | null;
  /** Expiry of the newest key document. */
  readonly keyDocumentExpiresAtMs: number | null;
  /** Whether the map has only an HMAC as its signature, although public keys are configured. */
  readonly isHmacOnly: boolean;
  /** Whether a newer key document could not be read or is not trusted. */
  readonly isKeyDocumentFailing: boolean;
  /** Number of entries that are left out because they are unusable. */
  readonly unusableEntries: number;
  /** State of the circuit for requests for the map: `closed`, `half-open` or `open`. */
  readonly circuit: string;
}

/** The facts about a manager from which its gauges are computed. */
export interface Observation {
  readonly sources: readonly SourceObservation[];
  readonly connectorsByState: ReadonlyMap<string, number>;
  readonly loginsByState: ReadonlyMap<string, number>;
  readonly queueLength: number;
}

/** The facts about a registry from which its gauges are computed. */
interface RegistryObservation {
  readonly queueLength: number;
  readonly behindMs: number;
}

/** The facts from which the gauges of a gateway are computed: how much of each resource its clients use. */
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

/** Includes a manager in the gauges, until the returned function is called. `observe` is called at each scrape. */
export function observeManager(observe: Observe): () => void {
  observed.add(observe);
  return () => void observed.delete(observe);
}

/** Includes a registry in the gauges, until the returned function is called. `observe` is called at each scrape. */
export function observeRegistry(observe: ObserveRegistry): () => void {
  registries.add(observe);
  return () => void registries.delete(observe);
}

/** Includes a gateway in the gauges, until the returned function is called. `observe` is called at each scrape. */
export function observeGateway(observe: () => GatewayObservation): () => void {
  gateways.add(observe);
  return () => void gateways.delete(observe);
}

const observations = (): Observation[] => [...observed].map((observe) => observe());

/**
 * Creates the gauges that are read at each scrape. Calls `make` once for each gauge, with its definition and the
 * function that sets its value.
 */
export function observeGauges(make: (entry: GaugeEntry, collect: (this: Gauge) => void) => void): void {
  make(INSTRUMENTS.connectors, function () {
    this.reset();
    for (const { connectorsByState } of observations())
      for (const [state, count] of connectorsByState) this.inc({ state }, count);
  });
  make(INSTRUMENTS.logins, function () {
    for (const state of ['logged-in', 'none', 'lost']) this.set({ state }, 0);
    for (const { loginsByState } of observations())
      for (const [state, count] of loginsByState) this.inc({ state }, count);
  });
  make(INSTRUMENTS.circuits, function () {
    for (const state of ['closed', 'half-open', 'open']) this.set({ state }, 0);
    for (const { circuit } of sources()) this.inc({ state: circuit });
  });
  make(INSTRUMENTS.unusableEntries, function () {
    this.set(sources().reduce((sum, { unusableEntries }) => sum + unusableEntries, 0));
  });
  make(INSTRUMENTS.staleness, function () {
    const ages = expiries().map((expiresInMs) => Math.max(0, -expiresInMs));
    this.set(Math.max(0, ...ages) / 1000);
  });
  const leastOf = (left: (source: SourceObservation) => number | null) =>
    function (this: Gauge): void {
      const known = sources().flatMap((source) => left(source) ?? []);
      this.remove();
      if (known.length > 0) this.set(Math.min(...known) / 1000);
    };
  make(
    INSTRUMENTS.expiry,
    leastOf(({ expiresAtMs, nowMs }) => leftOf(expiresAtMs, nowMs)),
  );
  make(
    INSTRUMENTS.keyExpiry,
    leastOf(({ keyExpiresAtMs, nowMs }) => leftOf(keyExpiresAtMs, nowMs)),
  );
  make(
    INSTRUMENTS.keyDocumentExpiry,
    leastOf(({ keyDocumentExpiresAtMs, nowMs }) => leftOf(keyDocumentExpiresAtMs, nowMs)),
  );
  make(INSTRUMENTS.mapAge, function () {
    const ages = sources().flatMap(({ generatedAtMs, nowMs }) => leftOf(nowMs, generatedAtMs) ?? []);
    this.remove();
    if (ages.length > 0) this.set(Math.max(0, ...ages) / 1000);
  });
  make(INSTRUMENTS.hmacOnly, function () {
    this.set(sources().filter(({ isHmacOnly }) => isHmacOnly).length);
  });
  make(INSTRUMENTS.keyDocumentsFailing, function () {
    this.set(sources().filter(({ isKeyDocumentFailing }) => isKeyDocumentFailing).length);
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
  observeFleetGauges(make);
  let delay: LoopDelayMeter | null = null;
  make(INSTRUMENTS.loopDelay, function () {
    // The first scrape starts the measurement, so a process that is never scraped does not pay for it.
    delay ??= startLoopDelayMeter();
    const { p50Ms, p99Ms, maxMs } = delay.read();
    this.set({ quantile: '0.5' }, p50Ms / 1000);
    this.set({ quantile: '0.99' }, p99Ms / 1000);
    this.set({ quantile: '1' }, maxMs / 1000);
    delay.reset();
  });
}

const sources = (): Observation['sources'] => observations().flatMap((observation) => observation.sources);

function expiries(): number[] {
  return sources().flatMap(({ expiresAtMs, nowMs }) => leftOf(expiresAtMs, nowMs) ?? []);
}

/** Returns the milliseconds from `fromMs` to `toMs`; null if one of them is unknown. */
function leftOf(toMs: number | null, fromMs: number | null): number | null {
  return toMs === null || fromMs === null ? null : toMs - fromMs;
}
