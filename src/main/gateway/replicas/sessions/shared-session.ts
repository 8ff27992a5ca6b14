import { MAX_WATCHED } from '../../../../shared/fleet/session-limits.ts';
import type { SessionChange, SessionState } from '../../../../shared/protocol/fleet/session-messages.ts';
import type { JsonObject } from '../../../mcp/json-rpc.ts';
import type { ClientSession } from '../../protocol/notices/client-session.ts';
import type { HopSession } from '../replica-hop.ts';

/** Session of a legacy client on one replica. */
export interface HeldSession {
  readonly client: ClientSession;
  /** Whether this replica has the client's standing stream. */
  readonly hasStream: boolean;
  /** Time since the session was last used on this replica, in milliseconds. */
  readonly idleMs: number;
  closeStream(): void;
  relay: {
    attached(): void;
    sent(notice: JsonObject): void;
    unsent(notice: JsonObject): void;
    asks(question: JsonObject): Promise<boolean>;
  } | null;
  arriving: Promise<void> | null;
}

/** State that this replica has of a session that other replicas serve as well. */
export class SharedSession {
  /** URIs that the client watches. They are known even if another replica has the client's standing stream. */
  readonly watched = new Set<string>();
  /** Id of the replica that has the client's standing stream; null if unknown. */
  homeId: string | null = null;
  /** Number of times that the client has opened its stream at this replica. */
  attachments = 0;
  /** Time of the last update that this replica has sent, by watched URI; monotonic ms. */
  readonly saidMs = new Map<string, number>();
  /** Changes that are not yet reported to the other replicas: the last change for each subject. */
  readonly #untold = new Map<string, SessionChange>();

  /** Records that the client watches a URI. Returns false if it already watches the maximum number of resources. */
  addWatched(uri: string): boolean {
    if (!this.watched.has(uri) && this.watched.size >= MAX_WATCHED) return false;
    this.watched.add(uri);
    return true;
  }

  removeWatched(uri: string): void {
    this.watched.delete(uri);
    this.saidMs.delete(uri);
  }

  /** Keeps a change that cannot be reported to the other replicas yet. */
  delay(change: SessionChange): void {
    const about = change.kind === 'watch' || change.kind === 'unwatch' ? `uri ${change.uri}` : change.kind;
    // The limit has room for the maximum number of watched URIs, and for the same number of URIs that are no longer
    // watched.
    if (this.#untold.has(about) || this.#untold.size < 2 * MAX_WATCHED) this.#untold.set(about, change);
  }

  /** Returns the changes that {@link delay} kept, and forgets them. */
  takeDelayed(): readonly SessionChange[] {
    const changes = [...this.#untold.values()];
    this.#untold.clear();
    return changes;
  }

  /** Returns the local state that the fleet server lacks, as changes. */
  lackingIn(state: SessionState | null, logLevel: string | null): readonly SessionChange[] {
    const { homeId } = this;
    const unknown = [...this.watched].filter((uri) => state?.watched.includes(uri) !== true);
    return [
      ...(logLevel === null || (state?.logLevel ?? null) !== null ? [] : [{ kind: 'log-level', logLevel } as const]),
      ...unknown.map((uri) => ({ kind: 'watch', uri }) as const),
      ...(homeId === null || (state?.homeId ?? null) !== null ? [] : [{ kind: 'home', homeId } as const]),
    ];
  }
}

/** Returns a session in the form that hops use. */
export function hopSessionOf({ client }: Pick<HeldSession, 'client'>): HopSession {
  return { id: client.id, principal: client.principal, route: client.view.route.name };
}
