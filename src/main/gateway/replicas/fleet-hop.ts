import pLimit from 'p-limit';
import { deadline, startTimer } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { FleetHost } from '../../../shared/fleet/fleet-settings.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { Logger } from '../../observability/logger.ts';
import type { RequestId } from '../messages/exchange.ts';
import { HopReports } from './hop-reports.ts';
import { HopSender } from './hop-sender.ts';
import type { HopAnswer, HopKind, HopSession, ReplicaHop } from './replica-hop.ts';

/** Timeout of a request to another replica, other than a forwarded request. */
const SHORT_MS = 5_000;

/**
 * For messages to all other replicas: the maximum number that are sent at the same time, and the maximum number that
 * wait. Further messages are dropped.
 */
const MAX_AT_ONCE = 32;
const MAX_WAITING = 1_024;

/**
 * How long a request may wait until its receiver appears in the roster (the list of hosts), and how many requests may
 * wait. A replica that has just started may be missing in this replica's copy of the roster.
 */
const KNOWN_WITHIN_MS = 1_500;
const MAX_AWAITED = 256;

/** Parts of a fleet that a hop needs. */
export type HopFleet = Pick<Fleet, 'hostId' | 'sealer' | 'tls' | 'hosts' | 'on'>;

/** Reaches the other replicas at the addresses in the fleet's list of hosts. */
export class FleetHop implements ReplicaHop, AsyncDisposable {
  readonly hostId: string;
  readonly #fleet: HopFleet;
  readonly #sender: HopSender;
  readonly #limit = pLimit(MAX_AT_ONCE);
  #awaited = 0;

  constructor(fleet: HopFleet, logger: Logger, silenceMs?: number) {
    const { hostId, sealer, tls } = fleet;
    const more = silenceMs === undefined ? {} : { silenceMs };
    this.hostId = hostId;
    this.#fleet = fleet;
    this.#sender = new HopSender({ hostId, sealer, tls, reports: new HopReports(logger), ...more });
  }

  async answer(session: HopSession, ownerId: string, message: JsonObject): Promise<boolean> {
    const owner = await this.#knownHost(ownerId);
    return owner !== null && (await this.#ask('answer', owner, { session, message }));
  }

  cancelled(session: HopSession, requestId: RequestId): void {
    void this.#askAll('cancelled', { session, requestId });
  }

  async ended(session: HopSession): Promise<void> {
    await this.#askAll('ended', { session });
  }

  async notice(session: HopSession, message: JsonObject): Promise<boolean> {
    return (await this.#askAll('notice', { session, message })).includes(true);
  }

  async forward(
    kind: 'retry' | 'login',
    ownerId: string,
    payload: JsonObject,
    signal: AbortSignal,
  ): Promise<HopAnswer> {
    const owner = await this.#knownHost(ownerId);
    if (owner === null)
      throw new SwitchyardError(
        'FLEET_HOP_REFUSED',
        'The replica that must handle this request is not among the known hosts of the fleet.',
      );
    return await this.#sender.send(kind, owner, payload, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender[Symbol.asyncDispose]();
  }

  /**
   * Returns the replica with this id. If the roster does not contain the replica yet, waits up to `KNOWN_WITHIN_MS`.
   * Returns null if the replica is still missing then.
   */
  async #knownHost(hostId: string): Promise<FleetHost | null> {
    const known = this.#host(hostId);
    if (known !== null || this.#awaited >= MAX_AWAITED) return known;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = startTimer(KNOWN_WITHIN_MS, resolve);
    const off = this.#fleet.on('roster', () => {
      if (this.#host(hostId) !== null) resolve();
    });
    this.#awaited += 1;
    await promise;
    this.#awaited -= 1;
    timer.cancel();
    off();
    return this.#host(hostId);
  }

  #host(hostId: string): FleetHost | null {
    return this.#fleet.hosts.find((host) => host.hostId === hostId && host.address !== null) ?? null;
  }

  async #askAll(kind: HopKind, payload: JsonObject): Promise<readonly boolean[]> {
    if (this.#limit.pendingCount >= MAX_WAITING) return [];
    const others = this.#fleet.hosts.filter(({ address, hostId }) => address !== null && hostId !== this.hostId);
    return await Promise.all(others.map((host) => this.#limit(() => this.#ask(kind, host, payload))));
  }

  /**
   * Resolves with true if the replica did what the hop requests. Never rejects, because a replica that has ended has
   * nothing left to do.
   */
  async #ask(kind: HopKind, host: FleetHost, payload: JsonObject): Promise<boolean> {
    using limit = deadline(
      SHORT_MS,
      () => new SwitchyardError('FLEET_REPLICA_GONE', 'The other replica does not respond.'),
    );
    try {
      const { head, body } = await this.#sender.send(kind, host, payload, limit.signal);
      // The connection can only be reused after the response was read to its end.
      for await (const _ of body);
      return head.isDone === true;
    } catch {
      return false;
    }
  }
}
