import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { startTimer, type Timer } from '../../../../shared/clock.ts';
import { SESSION_ID_LIFE_MS, SESSION_STATE_IDLE_MS } from '../../../../shared/fleet/session-limits.ts';
import type {
  FleetSessionEvent,
  SessionChange,
  SessionState,
} from '../../../../shared/protocol/fleet/session-messages.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { isLogLevel } from '../../messages/log-message.ts';
import type { LogLevels } from '../../protocol/notices/log-levels.ts';
import type { ResourceWatches } from '../../protocol/notices/resource-watches.ts';
import type { ReplicaHop } from '../replica-hop.ts';
import { SessionStore } from './session-store.ts';
import { type HeldSession, hopSessionOf, SharedSession } from './shared-session.ts';
import { StandingStreams } from './standing-streams.ts';

/** The sessions that this replica holds. */
interface HeldSessions {
  all(): readonly HeldSession[];
  peek(id: string): HeldSession | undefined;
  end(session: HeldSession): void;
}

export interface SessionSharingDeps {
  readonly fleet: Pick<Fleet, 'hostId' | 'isConnected' | 'ask' | 'on'>;
  /** Reaches the other replicas while the fleet server is unreachable; null if replicas have no addresses. */
  readonly hop: Pick<ReplicaHop, 'ended' | 'notice'> | null;
  readonly held: HeldSessions;
  readonly manager: Pick<ConnectorProxyManager, 'on'>;
  readonly watches: ResourceWatches;
  readonly levels: LogLevels;
}

/** Interval at which sessions in use are read again. Reading keeps them alive and catches up with missed changes. */
const REFRESH_MS = SESSION_STATE_IDLE_MS / 3;

/** Maximum number of sessions that are read at the same time after a reconnect. */
const MAX_AT_ONCE = 8;

/** Characters of the digest that identifies an ended session. */
const DIGEST_LENGTH = 22;

/** Maximum number of ended sessions that this replica remembers. */
const MAX_ENDED = 20_000;

/**
 * Shares the mutable state of sessions among the replicas of a gateway: log level, watched resources, the replica with
 * the standing stream, and whether the session has ended. The fleet server stores and distributes this state. While
 * that server is unreachable, each replica continues with its own state, and reports its changes afterwards.
 */
export class SessionSharing {
  readonly #deps: SessionSharingDeps;
  readonly #shared = new WeakMap<HeldSession, SharedSession>();
  /** Ended sessions, by digest of the session id. */
  readonly #ended = new LRUCache<string, true>({ max: MAX_ENDED, ttl: SESSION_ID_LIFE_MS });
  /** Ended sessions that have not been reported to the other replicas yet. */
  readonly #untoldEnds = new LRUCache<string, true>({ max: MAX_ENDED });
  readonly #limit = pLimit(MAX_AT_ONCE);
  readonly #store: SessionStore;
  readonly #streams: StandingStreams;
  readonly #stops: readonly (() => void)[];
  #refresh: Timer;

  constructor(deps: SessionSharingDeps) {
    this.#deps = deps;
    this.#store = new SessionStore(deps.fleet);
    this.#streams = new StandingStreams({ ...deps, tell: (session, change) => this.#tell(session, change) });
    this.#stops = [
      deps.fleet.on('session-changed', (event) => this.#hear(event)),
      deps.fleet.on('connection', ({ isConnected }) => {
        if (isConnected) this.#catchUp(deps.held.all());
      }),
      deps.manager.on('connector', ({ to }) => {
        if (to === 'ready' || to === 'degraded') this.#streams.connectorIsUp(() => this.#pairs());
      }),
    ];
    this.#refresh = this.#refreshLater();
  }

  close(): void {
    this.#refresh.cancel();
    this.#streams.close();
    for (const stop of this.#stops) stop();
  }

  isEnded(sessionId: string): boolean {
    return this.#ended.has(digestOf(sessionId));
  }

  /**
   * Starts sharing a session that this replica now holds; `isNew` is true if no other replica can know the session yet.
   */
  join(session: HeldSession, isNew: boolean): void {
    const shared = new SharedSession();
    const { client } = session;
    this.#shared.set(session, shared);
    session.relay = this.#streams.relayOf(session, shared);
    client.sharing = {
      wantsLevel: (logLevel) => this.#tell(session, { kind: 'log-level', logLevel }),
      watch: (uri, begin) => this.#streams.watch(session, shared, uri, begin),
      unwatched: async (uri) => {
        shared.removeWatched(uri);
        await this.#tell(session, { kind: 'unwatch', uri });
      },
    };
    if (isNew || !this.#deps.fleet.isConnected) return;
    const read = async (): Promise<void> => {
      const state = await this.#store.read(session.client.id);
      if (state !== undefined && state !== null) this.#adopt(session, shared, state);
      session.arriving = null;
    };
    session.arriving = read();
  }

  /** Reports to the other replicas that a client has ended its session here. Never rejects. */
  async ended(session: HeldSession): Promise<void> {
    const { client } = session;
    this.#ended.set(digestOf(client.id), true);
    if (await this.#store.change(client.id, { kind: 'ended' })) return;
    this.#untoldEnds.set(client.id, true);
    await this.#deps.hop?.ended(hopSessionOf(session));
  }

  /** Handles a report of another replica that a session has ended. */
  heardEnd(sessionId: string): void {
    this.#ended.set(digestOf(sessionId), true);
    const session = this.#deps.held.peek(sessionId);
    if (session !== undefined) this.#deps.held.end(session);
  }

  #hear({ sessionId, change }: FleetSessionEvent): void {
    if (change.kind === 'ended') {
      this.heardEnd(sessionId);
      return;
    }
    const session = this.#deps.held.peek(sessionId);
    const shared = session === undefined ? undefined : this.#shared.get(session);
    if (session !== undefined && shared !== undefined) this.#apply(session, shared, change);
  }

  #apply(session: HeldSession, shared: SharedSession, change: SessionChange): void {
    const { client } = session;
    switch (change.kind) {
      case 'ended':
        this.heardEnd(client.id);
        break;
      case 'log-level':
        if (!isLogLevel(change.logLevel)) break;
        client.logLevel = change.logLevel;
        this.#deps.levels.want(client, change.logLevel);
        break;
      case 'watch':
        this.#streams.watchedElsewhere(session, shared, change.uri);
        break;
      case 'unwatch':
        shared.removeWatched(change.uri);
        client.unwatch(change.uri);
        break;
      case 'home':
        void this.#moved(session, shared, change.homeId);
    }
  }

  /** Closes the stream on this replica, because the client has opened its stream at another replica. */
  async #moved(session: HeldSession, shared: SharedSession, homeId: string): Promise<void> {
    const { attachments } = shared;
    // If two streams were opened at the same moment, the stream that was stored last wins.
    const state = session.hasStream ? await this.#store.read(session.client.id) : undefined;
    if (shared.attachments !== attachments || state?.homeId === this.#deps.fleet.hostId) return;
    shared.homeId = homeId;
    session.closeStream();
    session.client.unwatchAll();
  }

  /** Adopts the state that other replicas have stored. */
  #adopt(session: HeldSession, shared: SharedSession, { isEnded, logLevel, watched, homeId }: SessionState): void {
    if (isEnded) {
      this.heardEnd(session.client.id);
      return;
    }
    if (logLevel !== null) this.#apply(session, shared, { kind: 'log-level', logLevel });
    for (const uri of watched) this.#streams.found(session, shared, uri);
    if (homeId === null || homeId === this.#deps.fleet.hostId || homeId === shared.homeId) return;
    if (session.hasStream) this.#apply(session, shared, { kind: 'home', homeId });
    else shared.homeId = homeId;
  }

  /** Reports changes that the other replicas missed, and reads the changes that this replica missed. */
  #catchUp(sessions: readonly HeldSession[]): void {
    for (const id of this.#untoldEnds.keys()) {
      this.#untoldEnds.delete(id);
      void this.#limit(async () => {
        if (!(await this.#store.change(id, { kind: 'ended' }))) this.#untoldEnds.set(id, true);
      });
    }
    for (const session of sessions) void this.#limit(() => this.#catchUpOne(session));
  }

  async #catchUpOne(session: HeldSession): Promise<void> {
    const shared = this.#shared.get(session);
    if (shared === undefined || this.#deps.held.peek(session.client.id) !== session) return;
    for (const change of shared.takeDelayed()) {
      await this.#tell(session, change);
      // If no replica with a stream was watching the resource, updates may have been missed. A second report makes the
      // replica with the stream send an update.
      if (change.kind === 'watch') await this.#tell(session, change);
    }
    const state = await this.#store.read(session.client.id);
    if (state === undefined) return;
    if (state !== null) this.#adopt(session, shared, state);
    // If the fleet server has lost its data, the replica with the stream restores it. If there is no stream, all
    // replicas do.
    const speaks = shared.homeId === null || shared.homeId === this.#deps.fleet.hostId;
    if (!speaks || state?.isEnded === true) return;
    for (const change of shared.lackingIn(state, session.client.logLevel)) await this.#tell(session, change);
  }

  #refreshLater(): Timer {
    return startTimer(REFRESH_MS, () => {
      this.#refresh = this.#refreshLater();
      if (!this.#deps.fleet.isConnected) return;
      this.#catchUp(this.#deps.held.all().filter(({ idleMs }) => idleMs < REFRESH_MS));
    });
  }

  /** Reports a change to the other replicas, or keeps it until it can be reported. Never rejects. */
  async #tell(session: HeldSession, change: SessionChange): Promise<void> {
    if (!(await this.#store.change(session.client.id, change))) this.#shared.get(session)?.delay(change);
  }

  #pairs(): readonly (readonly [HeldSession, SharedSession])[] {
    return this.#deps.held.all().flatMap((session) => {
      const shared = this.#shared.get(session);
      return shared === undefined ? [] : [[session, shared] as const];
    });
  }
}

function digestOf(sessionId: string): string {
  return hash('sha256', sessionId, 'base64url').slice(0, DIGEST_LENGTH);
}
