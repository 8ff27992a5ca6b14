import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { SwitchyardError } from '../../../shared/errors.ts';
import { isAddress } from '../flags/is-address.ts';
import { printable, say } from '../terminal/output.ts';
import { withOwnCommand } from '../terminal/own-command.ts';
import { CLIENTS, type Client, isClient } from './client-files.ts';

/** Options that {@link withDiscovery} adds to a command, and what was found with them. */
export interface DiscoveryOptions {
  readonly from?: readonly Client[];
  /** Configuration files that were found with `--from` or in the current folder. Set before the command runs. */
  readonly foundFiles?: readonly string[];
  /** For `doctor`: why the file of the current folder, or the files of `--from`, cannot be used. */
  readonly unusableFile?: SwitchyardError;
  /** Digests of the found files that need approval, by path. The manager refuses a file whose digest is different. */
  readonly configDigests?: Readonly<Record<string, string>>;
}

/** The options that decide which files are looked for. */
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
 * Adds `--from`, `--trust` and `--discover` to a command that uses connectors. Looks for configuration files before the
 * command runs, and asks the user about files of a project. `mapUrlVariable` is the name of the environment variable
 * that can replace `--service-map`.
 */
export function withDiscovery(command: Command, mapUrlVariable: string): Command {
  return command
    .option('--from <clients>', `the files of these clients: ${CLIENTS.join(', ')}`, clientNames)
    .option('--trust', "use this folder's file this once without a question", false)
    .option('--discover', 'list what the clients of this machine have configured, and end', false)
    .hook('preAction', async (_, running) => {
      // The hook also runs for subcommands, such as `tools diff`, which use no configuration files.
      if (running === command && !isAdHoc(command)) await findFor(command, mapUrlVariable);
    });
}

async function findFor(command: Command, mapUrlVariable: string): Promise<void> {
  const options = command.opts<GivenOptions>();
  if (options.discover) {
    const { runDiscover } = await import('./discover.ts');
    await runDiscover(options);
    // Like `--help`, `--discover` replaces the command. This error makes commander stop before it runs the command.
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
    // `doctor` can still check the machine without a configuration file, and reports why the found file is not used.
    if (command.name() !== 'doctor' || !(error instanceof SwitchyardError)) throw error;
    command.setOptionValue('unusableFile', error);
    return { files: [], notes: [] };
  });
  for (const note of notes) say(printable(withOwnCommand(note)));
  const digests = files.flatMap(({ path, digest }) => (digest === null ? [] : [[path, digest] as const]));
  command.setOptionValue('foundFiles', files.length === 0 ? undefined : files.map(({ path }) => path));
  command.setOptionValue('configDigests', Object.fromEntries(digests));
}

/** Whether the command line itself names a server: by a URL, or by a command after `--`. */
function isAdHoc(command: Command): boolean {
  // In `read https://…`, the URL is the resource to read, unless a second word follows.
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
  throw new InvalidArgumentError(`Give one or more of these names, separated by commas: ${CLIENTS.join(', ')}.`);
}
