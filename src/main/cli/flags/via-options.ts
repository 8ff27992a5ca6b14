import type { Command } from 'commander';

/** Which gateway a command uses. */
export interface ViaFlags {
  /** The socket of `--via`; false with `--no-via`. Otherwise a gateway that serves the same is looked for. */
  readonly via?: string | boolean;
}

/** Adds the flags of {@link ViaFlags} to a command. */
export function withVia(command: Command): Command {
  return command
    .option(
      '--via <socket>',
      'the gateway that listens at this Unix socket; by default one that runs for this user with the same options',
    )
    .option('--no-via', 'use no gateway: start what is needed');
}
