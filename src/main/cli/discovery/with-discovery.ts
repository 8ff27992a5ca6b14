import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { SwitchyardError } from '../../../shared/errors.ts';
import { isAddress } from '../flags/is-address.ts';
import { printable, say } from '../terminal/output.ts';
import { withOwnCommand } from '../terminal/own-command.ts';
import { CLIENTS, type Client, isClient } from './client-files.ts';

/** Options that {@link withDiscovery} adds to a command. */
export interface DiscoveryOptions {
  readonly from?: readonly Client[];
  /** The files of `--from` or of the current folder; set before the command runs. */
  readonly foundFiles?: readonly string[];
  /** For `doctor`: why the file of the current folder, or the files of `--from`, cannot be used. */
  readonly unusableFile?: SwitchyardError;
  /** Digests that some of these files must still have when they are read. */
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
 * Adds `--from`, `--trust` and `--discover` to a command that uses connectors. Before the command runs, finds the files
 * and asks the user about them. The variable `mapUrlVariable` may hold the URL of a map, like `--service-map`.
 */
export function withDiscovery(command: Command, mapUrlVariable: string): Command {
  return command
    .option('--from <clients>', `the files of these clients: ${CLIENTS.join(', ')}`, clientNames)
    .option('--trust', "use this folder's file this once without a question", false)
    .option('--discover', 'list what the clients of this machine have configured, and end', false)
    .hook('preAction', async (_, running) => {
      // The hook also runs for subcommands such as `tools diff`, for which no files are looked up.
      if (running === command && !isAdHoc(command)) await findFor(command, mapUrlVariable);
    });
}

async function findFor(command: Command, mapUrlVariable: string): Promise<void> {
  const options = command.opts<GivenOptions>();
  if (options.discover) {
    const { runDiscover } = await import('./discover.ts');
    await runDiscover(options);
    // This error makes commander end without running the command, as for `--help`.
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
    // `doctor` can still check the machine without any file, and reports why the file is not used.
    if (command.name() !== 'doctor' || !(error instanceof SwitchyardError)) throw error;
    command.setOptionValue('unusableFile', error);
    return { files: [], notes: [] };
  });
  for (const note of notes) say(printable(withOwnCommand(note)));
  const digests = files.flatMap(({ path, digest }) => (digest === null ? [] : [[path, digest] as const]));
  command.setOptionValue('foundFiles', files.length === 0 ? undefined : files.map(({ path }) => path));
  command.setOptionValue('configDigests', Object.fromEntries(digests));
}

/** Whether the command line names its own server: a URL, or a command after `--`. */
function isAdHoc(command: Command): boolean {
  // In `read https://…`, a single URL is the resource and not a server.
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
  throw new InvalidArgumentError(`Give names out of ${CLIENTS.join(', ')}, separated by commas.`);
}
