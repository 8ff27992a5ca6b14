import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { ownFile } from '../own-file.ts';
import { sourceWords, stateWords, typedAddress } from './source-words.ts';

/** The name of the program. */
export const PROGRAM = 'mcp-switchyard';

/** How a process of this program was started. */
interface Start {
  /** The absolute path of `bin.ts` or `bin.js`. */
  readonly bin: string;
  /** The Node that runs it, an absolute path. */
  readonly node: string;
  readonly cwd: string;
  /** The variable PATH. */
  readonly path: string;
}

const BIN = ownFile('bin');

function thisProcess(): Start {
  return { bin: BIN, node: process.execPath, cwd: process.cwd(), path: process.env.PATH ?? '' };
}

/**
 * Returns the words that start this program from the current folder of this process. A clone has no command of that
 * name. Where this package is not installed, `npx mcp-switchyard` would run whatever package npm has under that name.
 */
export function ownWords(start: Start = thisProcess()): readonly string[] {
  const { bin, node, cwd, path } = start;
  const [home, isInstalled] = homeOf(bin);
  const here = realPath(cwd);
  if (!isInstalled) {
    const local = join('node_modules', '.bin', 'node');
    return here === home && existsSync(join(here, local)) ? [local, bin.slice(home.length + 1)] : [node, bin];
  }
  // npm and npx put `node_modules/.bin` on the PATH of the processes that they start; the user's shell does not have
  // it.
  const folders = path.split(delimiter).filter((folder) => !folder.endsWith(join('node_modules', '.bin')));
  if (folders.some((folder) => isSameProgram(join(folder, PROGRAM), bin))) return [PROGRAM];
  // `--no`: never fetched from npm. Without `--`, npx takes `--help` and `--version` for its own options.
  const isOfProject = projectOf(here) === home && existsSync(join(home, 'node_modules', '.bin', PROGRAM));
  return isOfProject ? ['npx', '--no', '--', PROGRAM] : [node, bin];
}

/** A command and its first arguments. */
export interface OwnProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Returns how to start this program from any folder and without a shell's PATH, as clients such as Claude Desktop do.
 */
export function ownProgram({ bin, node }: Start = thisProcess()): OwnProgram {
  return { command: node, args: [bin] };
}

/** Returns a command line of this program to copy, such as `mcp-switchyard tools diff`. */
export function ownCommand(...args: readonly string[]): string {
  return shellLine([...ownWords(), ...args]);
}

/** Returns the command that logs in to a connector, or to all connectors, of the running command. */
export function loginCommand(connectorId?: string): string {
  const target = typedAddress() ?? connectorId;
  return ownCommand('auth', 'login', ...(target === undefined ? [] : [target]), ...sourceWords());
}

/**
 * Replaces `mcp-switchyard` by the words that start it here, in the commands that a text quotes in backticks. Commands
 * that work with connectors get the source options of the running command, so that they find the same connectors.
 */
export function withOwnCommand(text: string): string {
  return text.replace(/(?<=`)mcp-switchyard (?=[a-z])([^`]+)(?=`)/g, (_, rest: string) => ownCommandLine(rest));
}

/** Returns the command line for the words after the name of the program, as a text quotes them. */
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
  // `status` accepts no URL of a server.
  const words = address === null ? [listed] : [listed === 'status' ? 'tools' : listed, address];
  return ownCommand(...words, ...sourceWords());
}

/** Removes the login command at the end of a message, for output whose last line repeats that command. */
export function withoutLoginCommand(text: string): string {
  return text.replace(/: run `mcp-switchyard auth login[^`]*`\.?$/, '');
}

/** Formats the examples at the end of a command's help. */
export function examples(...lines: readonly string[]): string {
  const shown = lines.map((line) => line.replace(/(?<=^|[\s(])mcp-switchyard(?= [a-z])/g, () => ownCommand()));
  return `\nExamples\n${shown.map((line) => `  ${line}\n`).join('')}`;
}

/** Joins words to a line for a POSIX shell, with quotes if needed. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

/** Returns the folder of the clone, or of the project in which this package is installed. */
function homeOf(bin: string): readonly [home: string, isInstalled: boolean] {
  const end = bin.indexOf(`${sep}node_modules${sep}`);
  // <clone>/src/main/cli/bin.ts, or <clone>/dist/main/cli/bin.js
  return end < 0 ? [resolve(bin, '../../../..'), false] : [bin.slice(0, end), true];
}

/** Returns the folder that npm takes for the project of `folder`. */
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
