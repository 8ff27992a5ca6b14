import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of the gateway. */
export const GATEWAY_ERRORS = {
  LISTEN_FAILED: entry(
    'The gateway cannot listen on the configured address.',
    'Choose another port, if another process uses this one: port 0 takes any free port. Otherwise choose an ' +
      'address of this machine.',
  ),
  GATEWAY_UNREACHABLE: entry(
    'No gateway answers at the socket that `--via` names, or the gateway exited before the call.',
    'Start a gateway with `serve`: its socket is `gateway-PID-….sock` in its state folder. Or omit `--via`, ' +
      'so that the command starts what it needs.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
