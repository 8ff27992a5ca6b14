import { randomBytes } from 'node:crypto';
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';

export interface OutputFileOptions {
  /** Mode of the new file, to which the umask of the process is applied. Defaults to 0o666. */
  readonly mode?: number;
  /** Whether an existing file may be replaced. Defaults to true. */
  readonly mayReplace?: boolean;
  /** What the user can do if the file already exists. It is added to the error message. */
  readonly remedy?: string;
}

/**
 * Writes a file that an option such as `--out` names. A reader sees either the old or the new content, never a part of
 * it. If `path` is a symbolic link, the link is replaced and not its target. After a power loss, the old file may
 * reappear, because the folder is not flushed to the disk. State that must survive a power loss is written by a worker
 * with `replaceDurably`. Throws OPTIONS_INVALID if the file cannot be written, or if it exists and `mayReplace` is
 * false.
 */
export function writeOutputFile(
  path: string,
  text: string,
  { mode = 0o666, mayReplace = true, remedy = 'give --force to replace it' }: OutputFileOptions = {},
): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', flush: true, mode });
    if (mayReplace) renameSync(temporary, path);
    else linkSync(temporary, path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') throw new SwitchyardError('OPTIONS_INVALID', `${path} already exists; ${remedy}`);
    throw new SwitchyardError('OPTIONS_INVALID', `Cannot write ${path} (${code ?? 'unknown'})`);
  } finally {
    rmSync(temporary, { force: true });
  }
}
