import type { CommitEvent, FailedEvent, LoadEvent, UnchangedEvent } from '../../../shared/protocol/thread-messages.ts';
import { SentEntries } from '../sent-entries.ts';

/** The outcome of a whole load. The events of a load only take effect when its last event arrives. */
export type LoadOutcome =
  | { readonly kind: 'loaded'; readonly sent: SentEntries; readonly commit: CommitEvent }
  | UnchangedEvent
  | FailedEvent;

/** Combines the events of one load into its outcome. */
export class LoadCollector {
  readonly #sent = new SentEntries();

  /** Handles the next event. Returns the outcome if the event was the last one, else null. */
  take(event: LoadEvent): LoadOutcome | null {
    switch (event.kind) {
      case 'chunk':
        this.#sent.add(event);
        return null;
      case 'commit':
        return { kind: 'loaded', sent: this.#sent, commit: event };
      case 'unchanged':
      case 'failed':
        return event;
    }
  }
}
