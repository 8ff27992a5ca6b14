import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Skip } from './case.ts';

/** The fault that the shim injects. The comment at the start of the shim's source explains each field. */
export interface Fault {
  readonly at: number;
  readonly mode: 'kill' | 'torn' | 'short' | 'error' | 'stop' | 'hang';
  readonly errno?: number;
  readonly isLasting?: boolean;
  /** Names of the calls that the shim counts. If undefined, the shim counts all calls. */
  readonly calls?: readonly string[];
}

/**
 * Compiles a C file of the fixtures with the machine's compiler. Returns the path of the output. Throws a Skip if the
 * machine has no compiler.
 */
export function compile(file: string, folder: string, options: readonly string[]): string {
  const source = fileURLToPath(new URL(`../fixtures/shim/${file}`, import.meta.url));
  const target = join(folder, file.replace(/\.c$/, options.includes('-shared') ? '.so' : ''));
  for (const compiler of ['cc', 'gcc', 'clang']) {
    const args = ['-O1', '-Wall', '-Wextra', '-Werror', ...options, '-o', target, source, '-ldl'];
    const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
    if (status === 0) return target;
    if (error === undefined) throw new Error(`${compiler} cannot compile ${file}:\n${stderr}`);
  }
  throw new Skip('there is no C compiler (cc, gcc, clang)');
}

/** Returns environment variables that inject this fault into the calls of a process below `folder`. */
export function faultEnv(shim: string, folder: string, fault: Fault | null, trace: string | null): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: shim,
    FAULT_DIR: folder,
    // Calls over io_uring do not pass through the libraries that the shim replaces.
    UV_USE_IO_URING: '0',
    ...(trace !== null && { FAULT_TRACE: trace }),
    ...(fault !== null && {
      FAULT_AT: String(fault.at),
      FAULT_MODE: fault.mode,
      ...(fault.errno !== undefined && { FAULT_ERRNO: String(fault.errno) }),
      ...(fault.isLasting === true && { FAULT_LASTING: '1' }),
      ...(fault.calls !== undefined && { FAULT_CALLS: `,${fault.calls.join()},` }),
    }),
  };
}
