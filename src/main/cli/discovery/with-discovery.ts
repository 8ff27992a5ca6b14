import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { codeOf, messageOf } from '../../../shared/errors.ts';
import { isAddress } from '../flags/is-address.ts';
import { printable, say } from '../terminal/output.ts';
import { withOwnCommand } from '../terminal/own-command.ts';
import { CLIENTS, type Client, isClient } from './client-files.ts';

/** What {@link withDiscovery} adds to the options of a command. */
export interface DiscoveryOptions {
  readonly from?: readonly Client[];
  /** The files that `--from` or the current folder have; set before the command runs. */
  readonly foundFiles?: readonly string[];
  /** What some of them must still be when they are read. */
  readonly configDigests?: Readonly<Record<string, string>>;
}

/** The options that the files depend on. */
interface GivenOptions extends DiscoveryOptions {
  readonly config?: string | readonly string[];
  readonly registry?: boolean;
  readonly registryPath?: string;
  readonly serviceMap?: string;
  readonly trust: boolean;
  readonly discover: boolean;
  readonly json: boolean;
}

/**
 * Adds `--from`, `--trust` and `--discover` to a command that works from connectors, and has the files found, and a
 * person asked, before the command runs. `mapUrlVariable` may name a map, as `--service-map` does.
 */
export function withDiscovery(command: Command, mapUrlVariable: string): Command {
  return command
    .option('--from <clients>', `the files of these clients: ${CLIENTS.join(', ')}`, clientNames)
    .option('--trust', "use this folder's file this once without a question", false)
    .option('--discover', 'list what the clients of this machine have configured, and end', false)
    .hook('preAction', async (_, running) => {
      // Not for `tools diff`, which is below `tools`.
      if (running === command && !isAdHoc(command)) await findFor(command, mapUrlVariable);
    });
}

async function findFor(command: Command, mapUrlVariable: string): Promise<void> {
  const options = command.opts<GivenOptions>();
  if (options.discover) {
    const { runDiscover } = await import('./discover.ts');
    await runDiscover(options);
    // The way of commander to end without the command: `--help` does the same.
    throw new CommanderError(0, 'mcp-switchyard.discover', '');
  }
  const isVerify = command.name() === 'verify';
  if (isVerify || (options.from === undefined && hasSource(options, mapUrlVariable))) return;
  const [{ chooseClientFiles, chooseProjectFile }, { TrustBook, trustFolder }, { ownTerminal }] = await Promise.all([
    import('./choose-files.ts'),
    import('./trust-book.ts'),
    import('./ask.ts'),
  ]);
  const machine = { platform: process.platform, env: process.env, cwd: process.cwd() };
  const book = new TrustBook(trustFolder(machine));
  const deps = { ...machine, book, isTrusted: options.trust, terminal: ownTerminal() };
  const choosing = options.from === undefined ? chooseProjectFile(deps) : chooseClientFiles(options.from, deps);
  const { files, notes } = await choosing.catch((error: unknown) => {
    // The machine can still be looked at.
    if (command.name() !== 'doctor' || codeOf(error) !== 'OPTIONS_INVALID') throw error;
    return { files: [], notes: [messageOf(error)] };
  });
  for (const note of notes) say(printable(withOwnCommand(note)));
  const digests = files.flatMap(({ path, digest }) => (digest === null ? [] : [[path, digest] as const]));
  command.setOptionValue('foundFiles', files.length === 0 ? undefined : files.map(({ path }) => path));
  command.setOptionValue('configDigests', Object.fromEntries(digests));
}

/** Whether the command line has its own server: an address, or a program behind `--`. */
function isAdHoc(command: Command): boolean {
  // `read https://…` alone names a resource.
  const isNamed = command.name() !== 'read' || command.args.length > 1;
  return command.getOptionValue('program') !== undefined || (isNamed && isAddress(command.args[0]));
}

function hasSource({ config, registry, registryPath, serviceMap }: GivenOptions, mapUrlVariable: string): boolean {
  const mapUrl = serviceMap ?? process.env[mapUrlVariable] ?? '';
  const files = [config ?? []].flat();
  return files.length > 0 || registry === true || registryPath !== undefined || mapUrl !== '';
}

function clientNames(text: string): readonly Client[] {
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  const known = names.filter(isClient);
  if (known.length === names.length) return [...new Set(known)];
  throw new InvalidArgumentError(`Give names out of ${CLIENTS.join(', ')}, with commas between them.`);
}
