import { type ErrorCodeEntry, entry } from './entry.ts';

/** The gateway. */
export const GATEWAY_ERRORS = {
  LISTEN_FAILED: entry(
    'The gateway cannot listen where it was told to.',
    'Read the message: another program may have the port (`--port 0` takes any that is free), or the ' +
      'address is none of this machine.',
  ),
  GATEWAY_UNREACHABLE: entry(
    'No gateway answers at the socket that `--via` names, or it went away before the call.',
    'Start one with `serve`: its socket is `gateway-PID-….sock` in its state folder. Or leave out `--via`: the ' +
      'command then starts what it needs.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
