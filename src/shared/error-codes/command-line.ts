import { type ErrorCodeEntry, entry } from './entry.ts';

/** Failures that only the command line reports. */
export const COMMAND_LINE_ERRORS = {
  TOOL_FAILED: entry(
    'The tool ran and reported a failure (`isError`). Only the command line reports this code. In the library, ' +
      '`callTool()` resolves with the result.',
    'Read the content of the result: it says what the tool could not do.',
  ),
  CHECK_FAILED: entry(
    'One of these commands found a fault: `doctor`, `demo`, `fleet check`, `fleet status`, `registry verify`, ' +
      '`registry repair` or `generate types --check`.',
    'The output of the command names each fault.',
  ),
  NOT_CONFIRMED: entry(
    'The command asked whether to continue, and the answer was no. Nothing was changed.',
    'Run the command again and answer `y`, or run it with `--yes`.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
