import { shownMessage } from './shown-text.ts';

/** A failure as the page shows it. */
export interface ShownFailure {
  readonly code: string;
  readonly message: string;
}

/** Returns a failure with secrets masked in its message. */
export function shownFailure({ code, message }: ShownFailure): ShownFailure {
  return { code, message: shownMessage(message) };
}
