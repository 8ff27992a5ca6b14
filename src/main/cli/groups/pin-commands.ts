import type { Command } from 'commander';
import type { ApproveOptions } from '../commands/tools/approve.ts';
import type { PinOptions } from '../commands/tools/pinned-tools.ts';
import { withFleet } from '../flags/fleet-options.ts';
import type { SourceOptions } from '../source-options.ts';
import { examples } from '../terminal/own-command.ts';
import { withSource } from '../with-source.ts';

/** Adds the subcommands `diff`, `approve` and `digest` to `tools`. */
export function addPinCommands(tools: Command, setExitCode: (code: number) => void): void {
  // `tools` and its subcommands have some options in common. With this setting, an option belongs to the command that
  // it follows.
  tools.enablePositionalOptions();
  const fresh = (name: string, description: string): Command =>
    withFleet(tools.command(name).description(description).helpOption('-h, --help', 'this text'))
      .option('--state-dir <dir>', 'state folder of the host; by default the one that this program uses')
      .option('--no-state', 'not allowed, because this command needs a state folder')
      .option('--json', 'one JSON document on stdout and nothing else there', false);

  fresh('diff', 'show how tools differ from their pinned definitions; exit code 1 if any differs')
    .argument('[tools...]', 'names of tools, as `tools` lists them; all by default')
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard tools diff --state-dir ./state',
        'mcp-switchyard tools diff mail.send --state-dir ./state',
        'mcp-switchyard tools diff --fleet rediss://redis --fleet-id team --fleet-secret-env FLEET_SECRET',
      ),
    )
    .action(async (names: string[], options: PinOptions) => {
      const { runToolsDiff } = await import('../commands/tools/diff.ts');
      setExitCode(await runToolsDiff(names, options));
    });

  fresh('approve', 'approve the current definitions of tools; running hosts notice it')
    .argument('[tools...]', 'names of tools, as `tools diff` shows them')
    .option('--all', 'all tools that differ', false)
    .addHelpText(
      'after',
      examples(
        'mcp-switchyard tools approve mail.send --state-dir ./state',
        'mcp-switchyard tools approve mail.send --fleet rediss://redis --fleet-id team --fleet-secret-env FLEET_SECRET',
      ),
    )
    .action(async (names: string[], options: ApproveOptions) => {
      const { runToolsApprove } = await import('../commands/tools/approve.ts');
      setExitCode(await runToolsApprove(names, options));
    });

  const digest = tools.command('digest').description('print the field toolDigests that approves a connector’s tools');
  withSource(digest.helpOption('-h, --help', 'this text'))
    .argument('<connector>', 'id of the connector, whose current tools are used')
    .addHelpText('after', examples('mcp-switchyard tools digest mail --service-map https://maps.example.com/map'))
    .action(async (connector: string, options: SourceOptions) => {
      const { runToolsDigest } = await import('../commands/tools/digest.ts');
      setExitCode(await runToolsDigest(connector, options));
    });
}
