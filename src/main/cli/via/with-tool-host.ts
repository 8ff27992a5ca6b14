import { SwitchyardError } from '../../../shared/errors.ts';
import type { ViaFlags } from '../flags/via-options.ts';
import { type SourceOptions, type WaitingFor, withManager } from '../source-options.ts';
import type { StartUp } from '../start-up.ts';
import { untilInterrupted } from '../terminal/interrupt.ts';
import type { ToolHost } from './tool-host.ts';
import { findGateway } from './via-client.ts';

/** Work of a command with connectors; resolves with its exit code. */
type HostWork = (host: ToolHost, startUp: StartUp, ended: AbortSignal) => Promise<number>;

/**
 * Runs `work` with a running gateway that serves the same connectors, or else with a manager of its own. Resolves with
 * the exit code of `work`, or with the exit code for a signal that interrupts it. Rejects with GATEWAY_UNREACHABLE.
 */
export async function withToolHost(
  options: SourceOptions & ViaFlags,
  work: HostWork,
  waiting: WaitingFor = {},
): Promise<number> {
  // A server that only the command line names is in no gateway.
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
