import { spawnSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Skip } from './case.ts';

/** A file system for one case, mounted at `path`. Disposal unmounts it. */
export interface Mount extends Disposable {
  readonly path: string;
  /** Remounts the file system with these options. */
  remount(options: string): void;
  /** Unmounts the file system and mounts it again, so that it holds only what reached the disk. */
  cycle(): void;
}

/** Mounts a tmpfs of this size below `folder`. Throws a Skip if this machine does not allow it. */
export function mountTmpfs(folder: string, sizeBytes: number): Mount {
  return mounted(folder, 'tmpfs', ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=0700`, 'tmpfs']);
}

/**
 * Mounts a file system in a file below `folder`. Throws a Skip if this machine lacks the tools or does not allow
 * the mount.
 */
export function mountImage(folder: string, type: 'ext4' | 'xfs'): Mount {
  const image = join(folder, `${type}.img`);
  writeFileSync(image, '');
  // The smallest size that mkfs.xfs accepts.
  truncateSync(image, 300 * 2 ** 20);
  must(`mkfs.${type}`, ['-q', image]);
  return mounted(folder, type, ['-t', type, '-o', 'loop', image]);
}

/** Runs a command. Throws a Skip with its error if the command fails or does not exist. */
function must(command: string, args: readonly string[]): void {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8', env });
  if (error !== undefined) throw new Skip(`${command}: ${error.message}`);
  if (status !== 0) throw new Skip(`${command} ${args.join(' ')}: ${stderr.trim()}`);
}

function mounted(folder: string, name: string, args: readonly string[]): Mount {
  if (process.getuid?.() !== 0) throw new Skip('only root may mount a file system');
  const path = join(folder, name);
  mkdirSync(path);
  must('mount', [...args, path]);
  return {
    path,
    remount: (options) => must('mount', ['-o', `remount,${options}`, path]),
    cycle() {
      must('umount', [path]);
      must('mount', [...args, path]);
    },
    // Unmounts lazily, so that a process that failed to end does not prevent the cleanup.
    [Symbol.dispose]: () => must('umount', ['-l', path]),
  };
}
