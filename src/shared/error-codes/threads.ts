import { type ErrorCodeEntry, entry } from './entry.ts';

/** Worker threads and their tasks. */
export const THREAD_ERRORS = {
  PROTOCOL_MISMATCH: entry(
    'Main thread and worker come from different versions of this package.',
    'Reinstall the package; a bundler may have kept an old worker file.',
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
  LOAD_CANCELLED: entry('The load was cancelled.', 'Nothing to do: somebody asked for it.'),
} as const satisfies Record<string, ErrorCodeEntry>;
