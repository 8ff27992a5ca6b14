import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { FleetJoinMessage } from '../../shared/protocol/fleet/fleet-messages.ts';

/** The place of one manager in the fleet thread. */
export interface FleetSeat {
  /** What the thread says to this manager, and hears from it. */
  readonly port: MessagePort;
  /** Gives the place up. The thread ends with its last one. */
  leave(): Promise<void>;
}

/** A thread that runs, and whom it tells that it ended. */
interface SharedThread {
  readonly worker: Worker;
  readonly seats: Set<(cause: unknown) => void>;
}

/** By the URL of their file. */
const threads = new Map<string, SharedThread>();

/**
 * Takes a place in the thread of that file, which all managers of the process share: a second thread costs 36 MB and
 * half a second of a core, a second place three connections. Starts it where it does not run. `onEnd` is called once
 * when the thread has ended, whoever ended it.
 */
export function takeSeat(url: URL, onEnd: (cause: unknown) => void): FleetSeat {
  const thread = threads.get(url.href) ?? startThread(url);
  const { port1, port2 } = new MessageChannel();
  thread.seats.add(onEnd);
  thread.worker.postMessage({ kind: 'fleet-join', port: port2 } satisfies FleetJoinMessage, [port2]);
  return {
    port: port1,
    async leave() {
      thread.seats.delete(onEnd);
      port1.close();
      if (thread.seats.size > 0) return;
      forget(url, thread);
      await thread.worker.terminate();
    },
  };
}

function startThread(url: URL): SharedThread {
  const worker = new Worker(url);
  // It never keeps the process running.
  worker.unref();
  const thread: SharedThread = { worker, seats: new Set() };
  threads.set(url.href, thread);
  const end = (cause: unknown): void => {
    forget(url, thread);
    const told = [...thread.seats];
    thread.seats.clear();
    for (const onEnd of told) onEnd(cause);
  };
  worker.once('error', end);
  worker.once('exit', () => end(undefined));
  return thread;
}

function forget(url: URL, thread: SharedThread): void {
  if (threads.get(url.href) === thread) threads.delete(url.href);
}
