import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { FleetJoinMessage } from '../../shared/protocol/fleet/fleet-messages.ts';

/** One manager's connection to the fleet thread, which all managers of the process share. */
export interface FleetSeat {
  /** Port for the messages between the fleet thread and this manager. */
  readonly port: MessagePort;
  /** Closes the connection. The fleet thread ends when the last manager has left. */
  leave(): Promise<void>;
}

/**
 * A running fleet thread, with one listener for each manager that uses it. The listeners are called when the thread has
 * ended.
 */
interface SharedThread {
  readonly worker: Worker;
  readonly seats: Set<(cause: unknown) => void>;
}

/** The running fleet threads, by the URL of their script. */
const threads = new Map<string, SharedThread>();

/**
 * Connects a manager to the fleet thread that runs the script at `url`, and starts that thread if it is not running.
 * All managers of the process share the thread, because a second thread would cost memory and time. Another manager
 * costs only three more connections to the fleet server. Calls `onEnd` once, when the thread has ended for any reason.
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
  // The fleet thread must not keep the process running.
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
