import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { ownFile } from '../own-file.ts';
import { sourceWords, stateWords, typedAddress } from './source-words.ts';

/** Name of the program. */
export const PROGRAM = 'mcp-switchyard';

/** Facts about how this process was started. */
interface Start {
  /** Absolute path of `bin.ts` or `bin.js`, the script that the process runs. */
  readonly bin: string;
  /** Absolute path of the Node.js executable. */
  readonly node: string;
  readonly cwd: string;
  /** Value of the environment variable PATH. */
  readonly path: string;
}

const BIN = ownFile('bin');

function thisProcess(): Start {
  return { bin: BIN, node: process.execPath, cwd: process.cwd(), path: process.env.PATH ?? '' };
}

/**
 * Returns the words with which the user can start this program from the current folder. In a clone of the repository,
 * there is no command `mcp-switchyard`. Where the package is not installed, `npx mcp-switchyard` could download and run
 * another package of that name.
 */
export function ownWords(start: Start = thisProcess()): readonly string[] {
  const { bin, node, cwd, path } = start;
  const [home, isInstalled] = homeOf(bin);
  const here = realPath(cwd);
  if (!isInstalled) {
    const local = join('node_modules', '.bin', 'node');
    return here === home && existsSync(join(here, local)) ? [local, bin.slice(home.length + 1)] : [node, bin];
  }
  // Ignores `node_modules/.bin`, which npm and npx add to the PATH of this process, but which the user's shell does not
  // have.
  const folders = path.split(delimiter).filter((folder) => !folder.endsWith(join('node_modules', '.bin')));
  if (folders.some((folder) => isSameProgram(join(folder, PROGRAM), bin))) return [PROGRAM];
  // With `--no`, npx never downloads a package. Without `--`, npx would read `--help` and `--version` as its own
  // options.
  const isOfProject = projectOf(here) === home && existsSync(join(home, 'node_modules', '.bin', PROGRAM));
  return isOfProject ? ['npx', '--no', '--', PROGRAM] : [node, bin];
}

/** A command and the arguments that must follow it. */
export interface OwnProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Returns a command that starts this program from any folder and with any PATH. Clients such as Claude Desktop need
 * such a command, because they do not use a shell.
 */
export function ownProgram({ bin, node }: Start = thisProcess()): OwnProgram {
  return { command: node, args: [bin] };
}

/** Returns a command line of this program for the user to copy, such as `mcp-switchyard tools diff`. */
export function ownCommand(...args: readonly string[]): string {
  return shellLine([...ownWords(), ...args]);
}

/** Returns a command line that logs in to a connector of the running command, or to all of its connectors. */
export function loginCommand(connectorId?: string): string {
  const target = typedAddress() ?? connectorId;
  return ownCommand('auth', 'login', ...(target === undefined ? [] : [target]), ...sourceWords());
}

/**
 * In the commands that `text` quotes in backticks, replaces `mcp-switchyard` with the words that start this program for
 * the user. Adds the running command's source options to each command that works with connectors, so that this command
 * finds the same connectors.
 */
export function withOwnCommand(text: string): string {
  return text.replace(/(?<=`)mcp-switchyard (?=[a-z])([^`]+)(?=`)/g, (_, rest: string) => ownCommandLine(rest));
}

/**
 * Returns a quoted command in the form in which the user can run it. `rest` is the command without the name of the
 * program.
 */
function ownCommandLine(rest: string): string {
  const login = /^auth login(?: (\S+))?$/.exec(rest);
  if (login !== null) return loginCommand(login[1]);
  const pinned = /^tools (diff|approve)(?: (.+))?$/.exec(rest);
  if (pinned !== null) {
    const [, verb = '', name] = pinned;
    return ownCommand('tools', verb, ...(name === undefined ? [] : [name]), ...stateWords());
  }
  const listed = /^(?:status|tools|resources|prompts)$/.exec(rest)?.[0];
  if (listed === undefined) return `${ownCommand()} ${rest}`;
  const address = typedAddress();
  // `status` does not accept the URL of a server, so `tools` is suggested in its place.
  const words = address === null ? [listed] : [listed === 'status' ? 'tools' : listed, address];
  return ownCommand(...words, ...sourceWords());
}

/** Removes the login command from the end of a message. Used where a later line contains the same command. */
export function withoutLoginCommand(text: string): string {
  return text.replace(/: run `mcp-switchyard auth login[^`]*`\.?$/, '');
}

/** Formats the section "Examples" of a help text. */
export function examples(...lines: readonly string[]): string {
  const shown = lines.map((line) => line.replace(/(?<=^|[\s(])mcp-switchyard(?= [a-z])/g, () => ownCommand()));
  return `\nExamples\n${shown.map((line) => `  ${line}\n`).join('')}`;
}

/** Joins words to a command line for a POSIX shell, and quotes words where necessary. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

/**
 * Returns the folder of the project in which this package is installed. If the package is not installed, returns the
 * folder of the cloned repository.
 */
function homeOf(bin: string): readonly [home: string, isInstalled: boolean] {
  const end = bin.indexOf(`${sep}node_modules${sep}`);
  // The script of a clone is src/main/cli/bin.ts or dist/main/cli/bin.js.
  return end < 0 ? [resolve(bin, '../../../..'), false] : [bin.slice(0, end), true];
}

/** Returns the folder that npm would use as the root of the project that contains `folder`. */
function projectOf(folder: string): string {
  const isProject = existsSync(join(folder, 'package.json')) || existsSync(join(folder, 'node_modules'));
  return isProject || dirname(folder) === folder ? folder : projectOf(dirname(folder));
}

function isSameProgram(command: string, bin: string): boolean {
  return realPath(command) === bin || existsSync(`${command}.cmd`);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
