import type { Command } from 'commander';

/** Flags that choose the gateway that a command uses. */
export interface ViaFlags {
  /**
   * Socket of `--via`; false with `--no-via`. Without either flag, the command uses a running gateway that serves the
   * same connectors.
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
