import { monotonicMs } from '../../shared/clock.ts';

/** How long a process that ends waits for its disk. */
const EXIT_TIMEOUT_MS = 2_000;

/** Hands what is pending to another thread, which sets the first element to another value than 0 when it is done; null where nothing is. */
type Finish = () => Int32Array | null;

const unfinished = new Set<Finish>();

/** Has `finish` called when the process ends by process.exit() or by an error, and its thread waited for; the returned function ends that. */
export function finishBeforeExit(finish: Finish): () => void {
  if (unfinished.size === 0) process.on('exit', onExit);
  unfinished.add(finish);
  return () => {
    unfinished.delete(finish);
    if (unfinished.size === 0) process.off('exit', onExit);
  };
}

/** Main does nothing else any more, so it may stand still: promises are not carried out in an exit listener, but other threads run until it returns. */
function onExit(): void {
  const endsAtMs = monotonicMs() + EXIT_TIMEOUT_MS;
  const flags = [...unfinished].map((finish) => finish());
  for (const flag of flags) if (flag !== null) Atomics.wait(flag, 0, 0, Math.max(0, endsAtMs - monotonicMs()));
}
