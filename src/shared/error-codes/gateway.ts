import { type ErrorCodeEntry, entry } from './entry.ts';

/** The gateway. */
export const GATEWAY_ERRORS = {
  LISTEN_FAILED: entry(
    'The gateway cannot listen where it was told to.',
    'Read the message: another program may have the port (`--port 0` takes any that is free), or the ' +
      'address is none of this machine.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
