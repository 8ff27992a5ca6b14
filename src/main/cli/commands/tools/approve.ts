import { SwitchyardError } from '../../../../shared/errors.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print, printable } from '../../terminal/output.ts';
import { chosenOf, type PinOptions } from './pinned-tools.ts';
import { withPins } from './with-pins.ts';

export interface ApproveOptions extends PinOptions {
  /** Whether to approve all tools that differ from their pins. */
  readonly all: boolean;
}

/** Pins the current definitions of tools. Running hosts notice this within seconds. Resolves with the exit code. */
export function runToolsApprove(names: readonly string[], options: ApproveOptions): Promise<number> {
  const { all, json } = options;
  if (all === names.length > 0)
    throw new SwitchyardError(
      'OPTIONS_INVALID',
      'Name the tools to approve, or give --all; `mcp-switchyard tools diff` shows the changed tools',
    );
  return withPins(options, names, async (tools) => {
    const chosen = chosenOf(tools.changes, names);
    // If a definition has changed since it was read, its digest is different, so it is not approved.
    const done = (await tools.approve(chosen)).map(({ name }) => name);
    if (json) answerJson({ approved: done });
    else
      print(
        done.length === 0
          ? 'There is nothing to approve.\n'
          : done.map((name) => `approved ${printable(name)}\n`).join(''),
      );
    return EXIT.ok;
  });
}
