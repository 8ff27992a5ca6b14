import type { Command } from 'commander';
import type { ResetFloorOptions } from '../commands/state/reset-floor.ts';
import type { StateShowOptions } from '../commands/state/show.ts';
import { examples } from '../terminal/own-command.ts';

/** Adds the command `state` with its subcommands. */
export function addStateCommands(program: Command, setExitCode: (code: number) => void): void {
  const state = program
    .command('state')
    .description('what the state folder stores about the sources of maps')
    .helpOption('-h, --help', 'this text')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples('mcp-switchyard state show', 'mcp-switchyard state reset-floor --source https://maps.example.com/map'),
    );
  const fresh = (name: string, description: string): Command =>
    state
      .command(name)
      .description(description)
      .helpOption('-h, --help', 'this text')
      .option('--state-dir <dir>', 'state folder of the host; by default the one that this program uses')
      .option('--no-state', 'not allowed, because this command needs a state folder')
      .option('--json', 'one JSON document on stdout and nothing else there', false);

  fresh('show', 'show each source: its floor, its stored map, whether it was seen signed, its key document')
    .addHelpText('after', examples('mcp-switchyard state show --state-dir ./state --json | jq .sources'))
    .action(async (options: StateShowOptions) => {
      const { runStateShow } = await import('../commands/state/show.ts');
      setExitCode(await runStateShow(options));
    });

  fresh('reset-floor', 'delete the floor of a source, after a wrong clock: older maps are accepted again')
    .requiredOption('--source <source>', 'URL or key of the source, as `state show` prints them')
    .option('--yes', 'skip the confirmation', false)
    .addHelpText('after', examples('mcp-switchyard state reset-floor --source https://maps.example.com/map --yes'))
    .action(async (options: ResetFloorOptions) => {
      const { runResetFloor } = await import('../commands/state/reset-floor.ts');
      setExitCode(await runResetFloor(options));
    });
}
