import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of worker threads, their tasks and lazily loaded modules. */
export const THREAD_ERRORS = {
  PROTOCOL_MISMATCH: entry(
    'The main thread and a worker come from different versions of this package.',
    'Reinstall the package. A bundler may have kept an old worker file.',
  ),
  WORKER_FILE_MISSING: entry(
    'The file of a worker thread was not found, as in a bundle that does not include these files.',
    'Copy `node_modules/mcp-switchyard/dist/workers` next to the bundle as `mcp-switchyard-workers`, or set ' +
      'the folder with `setWorkersFolder()` (docs/library.md).',
  ),
  WORKER_LOST: entry(
    'The worker thread exited, ran out of memory or did not answer. The task failed, and the thread is replaced.',
    'Retry. If it recurs, report it with the cause.',
  ),
  WORKER_CRASH_LOOP: entry(
    'Worker threads were lost several times within a minute. No thread is started until that minute is over.',
    'Read the causes of the WORKER_LOST errors before it. A map that needs too much memory is a frequent one.',
  ),
  WORKER_STUCK: entry(
    'A worker thread did not exit when requested, as in a system call that hangs. The process cannot exit by itself.',
    'End the process with SIGKILL. The command line does so by itself.',
  ),
  WORKER_QUEUE_FULL: entry('Too many loads wait for a worker thread.', 'Refresh less often.'),
  MODULE_NOT_LOADED: entry(
    'A module of this package, or a package that it needs, could not be loaded on first use.',
    'Reinstall the package. If you bundle it, keep all files of the bundle together (docs/library.md).',
  ),
  LOAD_CANCELLED: entry('The load was cancelled.', 'Nothing to do: the caller requested it.'),
} as const satisfies Record<string, ErrorCodeEntry>;
