import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of the gateway. */
export const GATEWAY_ERRORS = {
  LISTEN_FAILED: entry(
    'The gateway cannot listen on the configured address.',
    'If another process uses the port, choose another port, or port 0 for any free port. Otherwise, choose an ' +
      'address of this machine.',
  ),
  GATEWAY_UNREACHABLE: entry(
    'No gateway answers at the socket that `--via` names, or the gateway exited before the call.',
    'Start a gateway with `serve`. Its socket is `gateway-PID-….sock` in its state folder. Or omit `--via`, so ' +
      'that the command connects to the servers itself.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
