import { SwitchyardError } from '../../../shared/errors.ts';
import type { ViaFlags } from '../flags/via-options.ts';
import { type SourceOptions, type WaitingFor, withManager } from '../source-options.ts';
import type { StartUp } from '../start-up.ts';
import { untilInterrupted } from '../terminal/interrupt.ts';
import type { ToolHost } from './tool-host.ts';
import { findGateway } from './via-client.ts';

/** The work of a command with connectors. `ended` aborts when the command ends. Resolves with the exit code. */
type HostWork = (host: ToolHost, startUp: StartUp, ended: AbortSignal) => Promise<number>;

/**
 * Runs `work` with a running gateway if one serves the same connectors. Otherwise, creates a manager in this process
 * and runs `work` with it. Resolves with the exit code of `work` or, if a signal arrives first, with the exit code for
 * that signal. Rejects with GATEWAY_UNREACHABLE.
 */
export async function withToolHost(
  options: SourceOptions & ViaFlags,
  work: HostWork,
  waiting: WaitingFor = {},
): Promise<number> {
  // If the command line itself names the server, no gateway has a connector for that server.
  using gateway = options.adHoc === undefined ? await findGateway(options) : null;
  if (gateway === null) return await withManager(options, work, waiting);
  const interrupted = untilInterrupted();
  const ending = new AbortController();
  try {
    return await Promise.race([work(gateway, gateway, ending.signal), interrupted]);
  } finally {
    ending.abort(new SwitchyardError('CLOSED', 'The command has ended.'));
  }
}
