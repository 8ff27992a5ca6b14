import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of the gateway. */
export const GATEWAY_ERRORS = {
  LISTEN_FAILED: entry(
    'The gateway cannot listen on the configured address.',
    'Read the message. Another process may use the port (`--port 0` takes any free one), or the address does ' +
      'not belong to this machine.',
  ),
  GATEWAY_UNREACHABLE: entry(
    'No gateway answers at the socket that `--via` names, or it exited before the call.',
    'Start a gateway with `serve`: its socket is `gateway-PID-….sock` in its state directory. Or omit `--via`, ' +
      'so that the command starts what it needs.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
