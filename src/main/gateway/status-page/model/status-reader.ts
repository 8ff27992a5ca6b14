import type { Clock } from '../../../../shared/clock.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import type { ListedConnector } from '../../../manager/manager-status.ts';
import type { LoopDelayWatch } from '../../../observability/loop-delay.ts';
import type { CallLatencies } from '../../call-latencies.ts';
import { type ConnectorList, listConnectors } from './connector-list.ts';
import type { EventLine, EventLog } from './event-log.ts';
import type { ListQuery } from './list-query.ts';
import { type ProcessModel, processModel, type SystemModel, systemModel } from './system-model.ts';

/** Time for which all viewers share one reading. With thousands of connectors, a reading takes some milliseconds. */
const MIN_AGE_MS = 1_000;

/** Maximum age of a reading if there are no events. It is limited because a map goes stale without an event. */
const MAX_AGE_MS = 5_000;

/** Content for one viewer. It is served as `/status.json`, and the page is rendered from it. */
export interface StatusModel {
  readonly name: string;
  readonly version: string;
  /** Epoch ms. */
  readonly at: number;
  readonly system: SystemModel;
  readonly process: ProcessModel;
  readonly connectors: ConnectorList;
  /** Events, newest first. */
  readonly events: readonly EventLine[];
}

export interface StatusReaderDeps {
  readonly manager: Pick<ConnectorProxyManager, 'status' | 'connector'>;
  readonly latencies: CallLatencies;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly loopDelay: LoopDelayWatch;
  readonly name: string;
  readonly version: string;
  /** Number of connectors on one page. */
  readonly pageRows: number;
}

interface Reading {
  readonly atMs: number;
  /** Number of the last event before the reading. */
  readonly seq: number;
  readonly connectors: readonly ListedConnector[];
  readonly system: SystemModel;
}

/** Reads the manager for all viewers. */
export class StatusReader {
  readonly #deps: StatusReaderDeps;
  #reading: Reading | null = null;

  constructor(deps: StatusReaderDeps) {
    this.#deps = deps;
  }

  /** Returns the content for a query. The content is at most a second old, and its events are always current. */
  read(query: ListQuery): StatusModel {
    const { manager, latencies, clock, events, loopDelay, name, version, pageRows } = this.#deps;
    const now = clock.now();
    const { connectors, system } = this.#current(now);
    return {
      name,
      version,
      at: now,
      system,
      process: processModel(loopDelay.read(), now),
      connectors: listConnectors(connectors, query, pageRows, {
        endpointOf: (id) => manager.connector(id)?.entry.endpoint ?? null,
        latencyOf: (id) => latencies.of(id),
      }),
      events: events.after(0),
    };
  }

  /** Makes the next {@link read} read the manager again, if an event happened since the last reading. */
  renew(): void {
    if (this.#reading?.seq !== this.#deps.events.seq) this.#reading = null;
  }

  #current(nowMs: number): Reading {
    const { manager, events } = this.#deps;
    const last = this.#reading;
    if (last !== null) {
      // The absolute value is used, because the clock may have been set back.
      const ageMs = Math.abs(nowMs - last.atMs);
      if (ageMs < (last.seq === events.seq ? MAX_AGE_MS : MIN_AGE_MS)) return last;
    }
    const status = manager.status();
    const reading = { atMs: nowMs, seq: events.seq, connectors: status.connectors, system: systemModel(status, nowMs) };
    this.#reading = reading;
    return reading;
  }
}
