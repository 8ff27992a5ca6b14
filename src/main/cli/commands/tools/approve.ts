import { systemClock } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { EXIT, print, printable, printJson } from '../../terminal/output.ts';
import { chosenOf, type PinOptions, withPins } from './pinned-tools.ts';

export interface ApproveOptions extends PinOptions {
  /** All that differ. */
  readonly all: boolean;
}

/**
 * Accepts the current definitions of tools; running hosts notice within seconds. Resolves with the exit code.
 */
export function runToolsApprove(names: readonly string[], options: ApproveOptions): Promise<number> {
  const { all, json } = options;
  if (all === names.length > 0)
    throw new SwitchyardError(
      'OPTIONS_INVALID',
      'Name the tools to approve, or give --all; `mcp-switchyard tools diff` shows them',
    );
  return withPins(options, async (changes, writer) => {
    const chosen = chosenOf(changes, names);
    // What is approved is what was looked at: a definition that changed since has another digest, and waits.
    const { value: approved } = await writer.ask((api) => api.approveTools(null, null, chosen, systemClock.now()));
    const approvedNames = chosen.filter(({ sha256 }) => approved?.some((tool) => tool.sha256 === sha256));
    const done = approvedNames.map(({ name }) => name);
    if (json) printJson({ ok: true, approved: done });
    else
      print(
        done.length === 0
          ? 'There is nothing to approve.\n'
          : done.map((name) => `approved ${printable(name)}\n`).join(''),
      );
    return EXIT.ok;
  });
}
