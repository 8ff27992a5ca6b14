import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { FleetJoinMessage } from '../../shared/protocol/fleet/fleet-messages.ts';

/** The place of one manager in the fleet thread. */
export interface FleetSeat {
  /** Port for the messages between the thread and this manager. */
  readonly port: MessagePort;
  /** Releases the place. The thread ends with its last place. */
  leave(): Promise<void>;
}

/** A running thread, and the listeners for its end. */
interface SharedThread {
  readonly worker: Worker;
  readonly seats: Set<(cause: unknown) => void>;
}

/** Running threads by the URL of their file. */
const threads = new Map<string, SharedThread>();

/**
 * Takes a place in the thread of the file at `url`, and starts the thread if it is not running. All managers of the
 * process share the thread, because another thread would cost memory and time. Another place costs only three
 * connections. `onEnd` is called once when the thread has ended for any reason.
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
  // The thread never keeps the process running.
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
