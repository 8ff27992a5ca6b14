import { sha256 } from '../../../shared/protocol/first-answers.ts';

/** The arguments, the working folder, the environment and the script of a process. */
export interface ProcessFacts {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of the script that the process runs. */
  readonly bin: string;
}

/** Two digests over everything that first answers (the stored responses of an earlier run) depend on. */
export interface Binding {
  /** Digest over contents. It changes only if the content of a file, a variable or the command line changes. */
  readonly digest: string;
  /** Digest over contents and file metadata. It also changes if a file is written again with the same content. */
  readonly identity: string;
}

/** Maximum size of a file that first answers may depend on, and maximum number of such files. */
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_FILES = 64;

/** Tests and benchmarks set this variable to `off` to start without first answers. */
const SWITCH = 'SWITCHYARD_FIRST_ANSWERS';

/** Environment variables that the program may read for any command line. */
const READ_ALWAYS = /^(?:CONNECTORS_|SWITCHYARD_|XDG_(?:STATE|CONFIG)_HOME$|HOME$|USERPROFILE$|APPDATA$)/i;

/**
 * Matches files whose meaning depends on more than their text: files that refer to another file, contain escaped
 * characters, or are not in UTF-8.
 */
const SAYS_MORE = /file:|env_?file|\\u|\0/i;

/**
 * Returns the paths that a command line may contain. Each word may be a path, and so may the part of a word after `=`.
 */
export function pathsIn(argv: readonly string[], cwd: string): string[] {
  const { resolve } = process.getBuiltinModule('node:path');
  return argv.flatMap((word) => [word, ...word.split('=').slice(1, 2)]).map((word) => resolve(cwd, word));
}

/**
 * Reads everything that first answers depend on: the command line, the working folder, the program, the files at
 * `paths`, and the variables that the command line or the files mention. Returns null if a file is too large, is not a
 * regular file, or refers to another file, because then the dependencies are not fully known.
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
  /** The path after resolving symbolic links; null if the file does not exist. */
  readonly real: string | null;
  readonly sha256: string | null;
  readonly text: string | null;
  readonly identity: string | null;
}

const NO_FILE: Bound = { real: null, sha256: null, text: null, identity: null };

/** Reads a file. Returns null if the file is too large or is not a regular file. */
function readBound(path: string): Bound | null {
  const fs = process.getBuiltinModule('node:fs');
  const stats = fs.statSync(path, { throwIfNoEntry: false, bigint: true });
  if (stats === undefined) return NO_FILE;
  // A folder counts as a missing file. For example, the state folder may be created only after the first start.
  if (stats.isDirectory()) return NO_FILE;
  if (!stats.isFile()) return null;
  if (stats.size > MAX_FILE_BYTES) return null;
  const bytes = fs.readFileSync(path);
  const identity = identityOf(path);
  return { real: fs.realpathSync(path), sha256: sha256(bytes), text: bytes.toString('utf8'), identity };
}

/** Returns the digest of the package.json that belongs to a program; null if there is no package.json. */
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
