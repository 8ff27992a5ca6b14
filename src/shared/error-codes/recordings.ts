import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of message recordings. */
export const RECORDING_ERRORS = {
  RECORDING_INVALID: entry(
    'The file is not a recording, has a version that this package does not support, or is damaged on the line that ' +
      'the message names.',
    'Record the messages again, or remove the damaged line.',
  ),
  RECORDING_FAILED: entry(
    'A recording could not be completed. The messages themselves were not affected.',
    'Check the disk, and record the messages again.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
