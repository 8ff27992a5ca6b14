import { monotonicMs, startTimer, type Timer } from '../../../../shared/clock.ts';
import { MAX_WATCHED_URI_LENGTH } from '../../../../shared/fleet/session-limits.ts';
import type { SessionChange } from '../../../../shared/protocol/fleet/session-messages.ts';
import type { JsonObject } from '../../../mcp/json-rpc.ts';
import { withAncestors } from '../../catalog/uris/uri-ancestors.ts';
import { invalidParams } from '../../messages/rpc-errors.ts';
import type { ResourceWatches } from '../../protocol/notices/resource-watches.ts';
import { watchResource } from '../../protocol/notices/watch-resource.ts';
import type { ReplicaHop } from '../replica-hop.ts';
import { type HeldSession, hopSessionOf, type SharedSession } from './shared-session.ts';

export interface StandingStreamsDeps {
  readonly fleet: { readonly hostId: string };
  readonly hop: Pick<ReplicaHop, 'notice'> | null;
  readonly watches: ResourceWatches;
  /** Reports a change to the other replicas. Never rejects. */
  readonly tell: (session: HeldSession, change: SessionChange) => Promise<void>;
}

const UPDATED = 'notifications/resources/updated';

/**
 * Methods of notifications that need not be passed to other replicas. Each replica sends these notifications over its
 * own streams, or sends them when a stream opens.
 */
const TOLD_BY_HOME = /^notifications\/(?:message|resources\/updated|(?:tools|prompts|resources)\/list_changed)$/;

/**
 * How long a replica without the stream keeps watching a resource while the replica with the stream starts to watch it.
 */
const HANDOVER_MS = 500;

/** If the client received an update of a resource within this time, no further update is sent. */
const SAID_MS = 1_000;

/** How long a connector that has come up may take to list its resources. */
const LISTED_MS = 1_000;

/**
 * Each session has at most one standing stream, at one replica: its home. The requests of the session may go to any
 * replica. The home watches the resources for the client. When the stream opens, the home sends one update for each
 * resource, because earlier changes are unknown.
 */
export class StandingStreams {
  readonly #deps: StandingStreamsDeps;
  readonly #closed = new AbortController();
  #retry: Timer | null = null;

  constructor(deps: StandingStreamsDeps) {
    this.#deps = deps;
  }

  close(): void {
    this.#closed.abort(new Error('The listener was closed'));
    this.#retry?.cancel();
  }

  relayOf(session: HeldSession, shared: SharedSession): NonNullable<HeldSession['relay']> {
    return {
      attached: () => this.#attached(session, shared),
      sent: (notice) => noteSaid(shared, notice),
      unsent: (notice) => this.#unsent(session, shared, notice),
      asks: async (question) => (await this.#deps.hop?.notice(hopSessionOf(session), question)) === true,
    };
  }

  /**
   * Watches a resource for a client of this replica, and makes the home replica take over the watch. Rejects as `begin`
   * does.
   */
  async watch(session: HeldSession, shared: SharedSession, uri: string, begin: () => Promise<void>): Promise<void> {
    if (uri.length > MAX_WATCHED_URI_LENGTH)
      throw invalidParams(`A URI of more than ${MAX_WATCHED_URI_LENGTH} characters cannot be watched`);
    const wasWatched = shared.watched.has(uri);
    if (!shared.addWatched(uri))
      throw invalidParams('This session already watches the maximum number of resources', { uri });
    try {
      await begin();
    } catch (error) {
      if (!wasWatched) shared.removeWatched(uri);
      throw error;
    }
    await this.#deps.tell(session, { kind: 'watch', uri });
    startTimer(HANDOVER_MS, () => {
      if (!session.hasStream) session.client.unwatch(uri);
    });
  }

  /**
   * Handles another replica's report that the client watches a resource. A repeated report means that the client may
   * have missed an update, so the home sends one unless it has just done so.
   */
  watchedElsewhere(session: HeldSession, shared: SharedSession, uri: string): void {
    const wasWatched = shared.watched.has(uri) && session.client.isWatching(uri);
    if (!shared.addWatched(uri) || !session.hasStream) return;
    if (!wasWatched) void this.#begin(session, uri);
    else if (monotonicMs() - (shared.saidMs.get(uri) ?? Number.NEGATIVE_INFINITY) > SAID_MS) sayUpdated(session, uri);
  }

  /** Starts a watch that this replica has found in the stored state of the session. */
  found(session: HeldSession, shared: SharedSession, uri: string): void {
    const isKnown = shared.watched.has(uri);
    if (!isKnown && shared.addWatched(uri) && session.hasStream) void this.#beginAndSay(session, uri);
  }

  /** Retries watches at a connector that has come up. */
  connectorIsUp(pairs: () => readonly (readonly [HeldSession, SharedSession])[]): void {
    this.#retry ??= startTimer(LISTED_MS, () => {
      this.#retry = null;
      for (const [session, { watched }] of pairs())
        for (const uri of session.hasStream ? watched : [])
          if (!session.client.isWatching(uri)) void this.#beginAndSay(session, uri);
    });
  }

  #attached(session: HeldSession, shared: SharedSession): void {
    shared.attachments += 1;
    shared.homeId = this.#deps.fleet.hostId;
    void this.#deps.tell(session, { kind: 'home', homeId: shared.homeId });
    for (const list of ['tools', 'prompts', 'resources']) session.client.send(`notifications/${list}/list_changed`, {});
    for (const uri of shared.watched) void this.#beginAndSay(session, uri);
  }

  async #beginAndSay(session: HeldSession, uri: string): Promise<void> {
    if ((await this.#begin(session, uri)) && session.hasStream) sayUpdated(session, uri);
  }

  /**
   * Starts a watch on this replica. Resolves with true if the resource is now watched. Never rejects, because the watch
   * is tried again when a connector comes up.
   */
  async #begin(session: HeldSession, uri: string): Promise<boolean> {
    try {
      await watchResource(session.client, uri, { watches: this.#deps.watches, signal: this.#closed.signal });
    } catch {
      // The replica that the client used has already responded correctly. On this replica the connector may not be up
      // yet.
      return false;
    }
    // By now, the stream or the client's watch may have ended.
    if (!session.hasStream) session.client.unwatch(uri);
    return session.client.isWatching(uri);
  }

  #unsent(session: HeldSession, shared: SharedSession, notice: JsonObject): void {
    if (notice.method === UPDATED) {
      // The resource changed while this replica still watched it. The home replica may not have watched it yet, so it
      // gets a second report.
      for (const uri of watchedOf(shared, notice)) void this.#deps.tell(session, { kind: 'watch', uri });
    } else if (!TOLD_BY_HOME.test(String(notice.method))) void this.#deps.hop?.notice(hopSessionOf(session), notice);
  }
}

function sayUpdated({ client }: HeldSession, uri: string): void {
  client.send(UPDATED, { uri });
}

function noteSaid(shared: SharedSession, notice: JsonObject): void {
  if (notice.method !== UPDATED) return;
  for (const uri of watchedOf(shared, notice)) shared.saidMs.set(uri, monotonicMs());
}

/** Returns the watched URIs that a notification concerns. */
function watchedOf({ watched }: SharedSession, { params }: JsonObject): readonly string[] {
  const { uri } = Object(params) as { readonly uri?: unknown };
  return typeof uri === 'string' ? withAncestors(uri).filter((name) => watched.has(name)) : [];
}
