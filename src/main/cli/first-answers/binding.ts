import { sha256 } from '../../../shared/protocol/first-answers.ts';

/** The arguments, working folder, environment and script of a process. */
export interface ProcessFacts {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The path of the program's script. */
  readonly bin: string;
}

/** Everything that first answers depend on, in two digests. */
export interface Binding {
  /** Stays the same as long as all contents stay the same. */
  readonly digest: string;
  /** Changes with each write, even if a file gets its old content again. */
  readonly identity: string;
}

/** Limits for files that an answer depends on: the size of each, and their number. */
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_FILES = 64;

/**
 * Variable that disables first answers with the value `off`, for tests and measurements that compare starts with and
 * without them.
 */
const SWITCH = 'SWITCHYARD_FIRST_ANSWERS';

/** Variables that the program always reads. */
const READ_ALWAYS = /^(?:CONNECTORS_|SWITCHYARD_|XDG_(?:STATE|CONFIG)_HOME$|HOME$|USERPROFILE$|APPDATA$)/i;

/**
 * Signs that the meaning of a file depends on more than its text: fields that name another file, escaped characters,
 * and encodings other than UTF-8.
 */
const SAYS_MORE = /file:|env_?file|\\u|\0/i;

/** Returns the paths that a command line may name: each of its words, and the part of a word after `=`. */
export function pathsIn(argv: readonly string[], cwd: string): string[] {
  const { resolve } = process.getBuiltinModule('node:path');
  return argv.flatMap((word) => [word, ...word.split('=').slice(1, 2)]).map((word) => resolve(cwd, word));
}

/**
 * Reads everything that first answers depend on: the command line, the working folder, the program, the files at
 * `paths`, and each variable that the words or the files name. Returns null if a file is too large or unreadable, or
 * names another file, since the dependencies are unknown then.
 */
export function readBinding({ argv, cwd, env, bin }: ProcessFacts, paths: readonly string[]): Binding | null {
  if (paths.length > MAX_FILES) return null;
  const texts = [argv.join('\n')];
  const contents: unknown[] = [];
  const identities: unknown[] = [];
  for (const path of paths) {
    const found = readBound(path);
    if (found === null) return null;
    contents.push([path, found.real, found.sha256]);
    identities.push(found.identity);
    if (found.text !== null && SAYS_MORE.test(found.text)) return null;
    if (found.text !== null) texts.push(found.text);
  }
  const all = texts.join('\n').toUpperCase();
  const variables = Object.entries(env)
    .filter(
      ([name]) => name !== SWITCH && (READ_ALWAYS.test(name) || (name.length > 1 && all.includes(name.toUpperCase()))),
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const program = [process.version, process.platform, bin, identityOf(bin), manifestOf(bin)];
  const digest = sha256(JSON.stringify([argv, cwd, program, contents, variables]));
  return { digest, identity: sha256(JSON.stringify([digest, identities])) };
}

interface Bound {
  /** The real path; null if the file does not exist. */
  readonly real: string | null;
  readonly sha256: string | null;
  readonly text: string | null;
  readonly identity: string | null;
}

const NO_FILE: Bound = { real: null, sha256: null, text: null, identity: null };

/** Reads a file; null if it is too large or not a regular file. */
function readBound(path: string): Bound | null {
  const fs = process.getBuiltinModule('node:fs');
  const stats = fs.statSync(path, { throwIfNoEntry: false, bigint: true });
  if (stats === undefined) return NO_FILE;
  // A folder counts as missing, because the state folder may not exist at the first start.
  if (stats.isDirectory()) return NO_FILE;
  if (!stats.isFile()) return null;
  if (stats.size > MAX_FILE_BYTES) return null;
  const bytes = fs.readFileSync(path);
  const identity = identityOf(path);
  return { real: fs.realpathSync(path), sha256: sha256(bytes), text: bytes.toString('utf8'), identity };
}

/** Returns the digest of the package.json of a program; null without one. */
function manifestOf(bin: string): string | null {
  const fs = process.getBuiltinModule('node:fs');
  const { dirname, join } = process.getBuiltinModule('node:path');
  let folder = dirname(fs.realpathSync(bin));
  while (folder !== dirname(folder)) {
    const path = join(folder, 'package.json');
    if (fs.existsSync(path)) return sha256(fs.readFileSync(path));
    folder = dirname(folder);
  }
  return null;
}

function identityOf(path: string): string | null {
  const stats = process.getBuiltinModule('node:fs').statSync(path, { throwIfNoEntry: false, bigint: true });
  if (stats === undefined) return null;
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join('-');
}
