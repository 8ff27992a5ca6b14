import {
  decodeFirstAnswers,
  EPOCH_FILE,
  type FirstAnswers,
  firstAnswersName,
  MAX_BOUND_IMAGE_BYTES,
  MAX_FIRST_ANSWERS_BYTES,
  sha256,
} from '../../../shared/protocol/first-answers.ts';
import { type ProcessFacts, readBinding } from './binding.ts';

const OTHERS = 0o077;
const MAX_EPOCH_BYTES = 128;

/**
 * Variable that a gateway sets for its stdio servers. If it is set, this process may have to refuse to start
 * (CONNECTOR_LOOP), so it must not answer a client early.
 */
const LINEAGE_VARIABLE = 'MCP_SWITCHYARD_LINEAGE';

/**
 * Reads the stored first answers for a command line. Returns null if they are not valid now. Also returns null if the
 * start image, the program, or a file or variable that the command line names has changed. Never throws.
 */
export function readFirstAnswers(facts: ProcessFacts, nowMs: number): FirstAnswers | null {
  try {
    const stateDir = stateDirIn(facts);
    if (stateDir === null || facts.env[LINEAGE_VARIABLE]) return null;
    const { join } = process.getBuiltinModule('node:path');
    const bytes = readPrivately(join(stateDir, firstAnswersName(facts.argv, facts.cwd)), MAX_FIRST_ANSWERS_BYTES);
    const answers = bytes === null ? null : decodeFirstAnswers(bytes);
    if (answers === null) return null;
    const { image, epoch, writtenAtMs, validUntilMs, paths, binding } = answers.header;
    if (nowMs < writtenAtMs || (validUntilMs !== null && nowMs > validUntilMs)) return null;
    if (readEpoch(stateDir) !== epoch) return null;
    if (readBinding(facts, paths)?.digest !== binding) return null;
    const imageBytes = readPrivately(join(stateDir, image.name), MAX_BOUND_IMAGE_BYTES);
    return imageBytes !== null && sha256(imageBytes) === image.sha256 ? answers : null;
  } catch {
    // The error is ignored, because the gateway is loaded next and reports it.
    return null;
  }
}

/**
 * Returns the content of the epoch file in a state folder; null if the file does not exist. Throws if the file cannot
 * be read.
 */
export function readEpoch(stateDir: string): string | null {
  const path = process.getBuiltinModule('node:path').join(stateDir, EPOCH_FILE);
  if (process.getBuiltinModule('node:fs').lstatSync(path, { throwIfNoEntry: false }) === undefined) return null;
  const bytes = readPrivately(path, MAX_EPOCH_BYTES);
  if (bytes === null) throw new Error(`${path} is not a private file of this user`);
  return bytes.toString('latin1');
}

/**
 * Reads a file that only this user can access and that has no second hard link. Returns null for any other file. Throws
 * file system errors.
 */
function readPrivately(path: string, maxBytes: number): Buffer | null {
  const fs = process.getBuiltinModule('node:fs');
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  const file = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = fs.fstatSync(file);
    const own = process.geteuid?.();
    const isOwn = own === undefined || stats.uid === own || stats.uid === 0;
    const isClosed = process.platform === 'win32' || (stats.mode & OTHERS) === 0;
    const isGood = stats.isFile() && isOwn && isClosed && stats.nlink === 1 && stats.size <= maxBytes;
    return isGood ? fs.readFileSync(file) : null;
  } finally {
    fs.closeSync(file);
  }
}

/**
 * Returns the state folder that a command line names, or the default folder; null with `--no-state`. This function does
 * not parse the command line completely, so it may return a different folder from `stateDirOf`. That does no harm,
 * because the other folder has no first answers for this command line.
 */
function stateDirIn({ argv, cwd, env }: ProcessFacts): string | null {
  const { isAbsolute, join, resolve } = process.getBuiltinModule('node:path');
  if (argv.includes('--no-state')) return null;
  const named = argv.flatMap((word, index) => {
    if (word === '--state-dir') return argv.slice(index + 1, index + 2);
    return word.startsWith('--state-dir=') ? [word.slice('--state-dir='.length)] : [];
  });
  const folder = named.at(-1);
  if (folder !== undefined) return resolve(cwd, folder);
  const { XDG_STATE_HOME = '' } = env;
  const home = process.getBuiltinModule('node:os').homedir();
  return join(isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : join(home, '.local', 'state'), 'mcp-switchyard');
}
