import type { ChunkEvent, CommitEvent, FailedEvent, LoadEvent, UnchangedEvent } from '../../shared/protocol.ts';

/** What came of a load, as a whole: nothing of it counts before its end is known. */
export type LoadOutcome =
  | { readonly kind: 'loaded'; readonly chunks: readonly ChunkEvent[]; readonly commit: CommitEvent }
  | UnchangedEvent
  | FailedEvent;

/** Puts the events of one load together. */
export class LoadCollector {
  readonly #chunks: ChunkEvent[] = [];

  /** Takes the next event; the outcome once it was the last. */
  take(event: LoadEvent): LoadOutcome | null {
    switch (event.kind) {
      case 'chunk':
        this.#chunks.push(event);
        return null;
      case 'commit':
        return { kind: 'loaded', chunks: this.#chunks, commit: event };
      case 'unchanged':
      case 'failed':
        return event;
    }
  }
}
