import { type ErrorCodeEntry, entry } from './entry.ts';

/** Failures that only the command line reports. */
export const COMMAND_LINE_ERRORS = {
  TOOL_FAILED: entry(
    'The tool ran and reported a failure (`isError`). Only the command line has this code: `callTool()` resolves ' +
      'with the result.',
    'Read the content of the result: it says what the tool could not do.',
  ),
  CHECK_FAILED: entry(
    'A command that checks something found a fault: `doctor`, `demo`, `fleet check`, `fleet status`, ' +
      '`registry verify`, `registry repair` or `generate types --check`.',
    'The output of the command names each fault.',
  ),
  NOT_CONFIRMED: entry(
    'A command asked before it changed something, and the answer was no. Nothing was changed.',
    'Run the command again and answer `y`, or give `--yes`.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
