import type { Command } from 'commander';
import type { FleetCommandOptions } from '../commands/fleet/join-fleet.ts';
import { withFleet } from '../flags/fleet-options.ts';
import { examples } from '../terminal/own-command.ts';

const SERVER = '--fleet rediss://redis.example.com --fleet-id prod --fleet-secret-env FLEET_SECRET';

/** Adds the command `fleet` with its subcommands. */
export function addFleetCommands(program: Command, setExitCode: (code: number) => void): void {
  const fleet = program
    .command('fleet')
    .description('hosts that share a Redis or Valkey server: list them, show their maps, check the server')
    .helpOption('-h, --help', 'this text')
    .helpCommand(false)
    .addHelpText('after', examples(`mcp-switchyard fleet check ${SERVER}`, `mcp-switchyard fleet hosts ${SERVER}`));
  const fresh = (name: string, description: string): Command =>
    withFleet(fleet.command(name).description(description).helpOption('-h, --help', 'this text'))
      .option('--json', 'one JSON document on stdout and nothing else there', false)
      .addHelpText('after', examples(`mcp-switchyard fleet ${name} ${SERVER}`));

  fresh('status', 'show each map: its newest version, its leader, and how many hosts have it').action(
    async (options: FleetCommandOptions) => {
      const { runFleetStatus } = await import('../commands/fleet/status.ts');
      setExitCode(await runFleetStatus(options));
    },
  );

  fresh('hosts', 'show each host: role, address, version and maps').action(async (options: FleetCommandOptions) => {
    const { runFleetHosts } = await import('../commands/fleet/hosts.ts');
    setExitCode(await runFleetHosts(options));
  });

  fresh('check', 'check connection, version, memory, disk and permissions of the server, and say what to do').action(
    async (options: FleetCommandOptions) => {
      const { runFleetCheck } = await import('../commands/fleet/check.ts');
      setExitCode(await runFleetCheck(options));
    },
  );
}
