import type { CommitEvent, FailedEvent, LoadEvent, UnchangedEvent } from '../../../shared/protocol/thread-messages.ts';
import { SentEntries } from '../sent-entries.ts';

/** What came of a load, as a whole: nothing of it counts before its end is known. */
export type LoadOutcome =
  | { readonly kind: 'loaded'; readonly sent: SentEntries; readonly commit: CommitEvent }
  | UnchangedEvent
  | FailedEvent;

/** Puts the events of one load together. */
export class LoadCollector {
  readonly #sent = new SentEntries();

  /** Takes the next event; the outcome once it was the last. */
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
