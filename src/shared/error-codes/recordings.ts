import { type ErrorCodeEntry, entry } from './entry.ts';

/** Recordings of messages. */
export const RECORDING_ERRORS = {
  RECORDING_INVALID: entry(
    'A file is no recording, is of another version, or is damaged in the line that the message names.',
    'Record it again, or take out the line that is damaged.',
  ),
  RECORDING_FAILED: entry(
    'A recording could not be written to its end; the messages themselves went on.',
    'Look at the disk, and record again.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
