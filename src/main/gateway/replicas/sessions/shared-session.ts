import { MAX_WATCHED } from '../../../../shared/fleet/session-limits.ts';
import type { SessionChange, SessionState } from '../../../../shared/protocol/fleet/session-messages.ts';
import type { JsonObject } from '../../../mcp/json-rpc.ts';
import type { ClientSession } from '../../protocol/notices/client-session.ts';
import type { HopSession } from '../replica-hop.ts';

/** A session of a legacy client as one replica holds it. */
export interface HeldSession {
  readonly client: ClientSession;
  /** Whether the client's standing stream is here. */
  readonly hasStream: boolean;
  /** How long nobody has used it here, in milliseconds. */
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

/** What this replica knows about a session that others serve as well. */
export class SharedSession {
  /** The URIs that the client watches, wherever its stream is. */
  readonly watched = new Set<string>();
  /** The replica with the client's standing stream, as far as known. */
  homeId: string | null = null;
  /** How often the client has opened its stream here. */
  attachments = 0;
  /** When the client was last told here that a resource changed, by the URI that it watches; monotonic ms. */
  readonly saidMs = new Map<string, number>();
  /** Changes that the others could not be told yet: the last one about each thing. */
  readonly #untold = new Map<string, SessionChange>();

  /** Notes that the client watches a URI; false if it watches as many as it may. */
  addWatched(uri: string): boolean {
    if (!this.watched.has(uri) && this.watched.size >= MAX_WATCHED) return false;
    this.watched.add(uri);
    return true;
  }

  removeWatched(uri: string): void {
    this.watched.delete(uri);
    this.saidMs.delete(uri);
  }

  /** Keeps a change for later. */
  delay(change: SessionChange): void {
    const about = change.kind === 'watch' || change.kind === 'unwatch' ? `uri ${change.uri}` : change.kind;
    // At most as many as a client can watch, and as many that it watched before.
    if (this.#untold.has(about) || this.#untold.size < 2 * MAX_WATCHED) this.#untold.set(about, change);
  }

  /** Takes the changes that were kept. */
  takeDelayed(): readonly SessionChange[] {
    const changes = [...this.#untold.values()];
    this.#untold.clear();
    return changes;
  }

  /** What the server of the fleet does not have of what is known here, as changes. */
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

/** A session as hops name it. */
export function hopSessionOf({ client }: Pick<HeldSession, 'client'>): HopSession {
  return { id: client.id, principal: client.principal, route: client.view.route.name };
}
