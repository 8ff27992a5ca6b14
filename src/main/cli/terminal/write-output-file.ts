import { randomBytes } from 'node:crypto';
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';

export interface OutputFileOptions {
  /** The mode of the new file, before the process's umask. Defaults to 0o666. */
  readonly mode?: number;
  /** Whether an existing file may be replaced. Defaults to true. */
  readonly mayReplace?: boolean;
  /** What the user can do about an existing file, as readable text. */
  readonly remedy?: string;
}

/**
 * Writes a file that a user requested with an option such as `--out`. Readers see the old text or the new one, never a
 * part of it. A symbolic link at `path` is itself replaced. The text is flushed to the disk but the folder is not, so a
 * power loss may bring the old file back. For state that must survive a power loss, a worker uses its own
 * `replaceDurably`. Throws OPTIONS_INVALID if the file cannot be written, or exists and may not be replaced.
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
