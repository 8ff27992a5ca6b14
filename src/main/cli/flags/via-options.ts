import type { Command } from 'commander';

/** Flags that decide whether a command uses a running gateway. */
export interface ViaFlags {
  /**
   * Path of the gateway's socket with `--via`; false with `--no-via`. By default, the command uses a running gateway if
   * one serves the same connectors.
   */
  readonly via?: string | boolean;
}

/** Adds the flags of {@link ViaFlags} to a command. */
export function withVia(command: Command): Command {
  return command
    .option(
      '--via <socket>',
      'use the gateway at this Unix socket; by default a running one of this user with the same options',
    )
    .option('--no-via', 'use no gateway: start the connectors');
}
