import { randomBytes } from 'node:crypto';
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';

export interface ReplaceFileOptions {
  /** Of the new file, less what the process's umask takes away. 0o666. */
  readonly mode?: number;
  /** Whether a file that is there may be replaced. True. */
  readonly mayReplace?: boolean;
}

/** Writes a file in one step: a reader gets the old text or the new one, never a part. Throws OPTIONS_INVALID. */
export function replaceFile(
  path: string,
  text: string,
  { mode = 0o666, mayReplace = true }: ReplaceFileOptions = {},
): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', flush: true, mode });
    if (mayReplace) renameSync(temporary, path);
    else linkSync(temporary, path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST')
      throw new SwitchyardError('OPTIONS_INVALID', `${path} is there already; give --force to replace it`);
    throw new SwitchyardError('OPTIONS_INVALID', `Cannot write ${path} (${code ?? 'unknown'})`);
  } finally {
    rmSync(temporary, { force: true });
  }
}
