import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of worker threads, their tasks and lazily loaded modules. */
export const THREAD_ERRORS = {
  PROTOCOL_MISMATCH: entry(
    'The main thread and a worker come from different versions of this package.',
    'Reinstall the package. A bundler may have kept an old worker file.',
  ),
  WORKER_FILE_MISSING: entry(
    'The file of a worker thread was not found. The usual reason is a bundle without these files.',
    'Copy `node_modules/mcp-switchyard/dist/workers` next to the bundle as `mcp-switchyard-workers`, or set ' +
      'the folder with `setWorkersFolder()` (docs/bundling.md).',
  ),
  WORKER_LOST: entry(
    'The worker thread exited, ran out of memory or did not answer. The task failed, and the thread is replaced.',
    'Retry. If the error recurs, report it with its cause.',
  ),
  WORKER_CRASH_LOOP: entry(
    'Worker threads were lost several times within a minute. No thread is started until that minute is over.',
    'Read the causes of the WORKER_LOST errors before this error. A frequent cause is a map that needs too much ' +
      'memory.',
  ),
  WORKER_STUCK: entry(
    'A worker thread did not exit when requested, for example because a system call hangs. The process cannot ' +
      'exit while that thread runs.',
    'End the process with SIGKILL. The program `mcp-switchyard` does this automatically.',
  ),
  WORKER_QUEUE_FULL: entry('Too many loads of service maps wait for a worker thread.', 'Refresh less often.'),
  MODULE_NOT_LOADED: entry(
    'A module of this package, or a package that it needs, could not be loaded when it was first used.',
    'Reinstall the package. If you bundle it, keep all files of the bundle together (docs/bundling.md).',
  ),
  LOAD_CANCELLED: entry(
    'The load of a service map was cancelled.',
    'No action is needed, because the caller cancelled the load on purpose.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
