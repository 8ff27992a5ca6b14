import { type ErrorCodeEntry, entry } from './entry.ts';

/** Worker threads and their tasks, and code that is loaded late. */
export const THREAD_ERRORS = {
  PROTOCOL_MISMATCH: entry(
    'Main thread and worker come from different versions of this package.',
    'Reinstall the package; a bundler may have kept an old worker file.',
  ),
  WORKER_FILE_MISSING: entry(
    'A file that a worker thread runs was not found, as in a host that was bundled without these files.',
    'Copy `node_modules/mcp-switchyard/dist/workers` beside the bundle as `mcp-switchyard-workers`, or name the ' +
      'folder with `setWorkersFolder()` (docs/library.md).',
  ),
  WORKER_LOST: entry(
    'The worker thread ended, ran out of memory or never answered; the task failed and the thread is replaced.',
    'Retry; if it recurs, report it with the cause.',
  ),
  WORKER_CRASH_LOOP: entry(
    'Worker threads were lost several times within a minute; none is started until that minute is over.',
    'Look at the causes of the WORKER_LOST before it; a map that needs too much memory is a frequent one.',
  ),
  WORKER_STUCK: entry(
    'A worker thread did not end when it was told to, as in a system call that hangs. The process cannot ' +
      'exit by itself.',
    'End the process with SIGKILL; the command line does so by itself.',
  ),
  WORKER_QUEUE_FULL: entry('Too many loads wait for a worker thread.', 'Refresh less often.'),
  MODULE_NOT_LOADED: entry(
    'A part of this package, or a package that it needs, could not be loaded when it was first used.',
    'Reinstall the package. If you bundle it, keep all files of the bundle together (docs/library.md).',
  ),
  LOAD_CANCELLED: entry('The load was cancelled.', 'Nothing to do: somebody asked for it.'),
} as const satisfies Record<string, ErrorCodeEntry>;
