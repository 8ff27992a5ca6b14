/** Thread of load-thread.ts: runs each load as the pool's threads do, and reports its processor time. */
import { parentPort } from 'node:worker_threads';
import type { WorkerLoadTask } from '../../src/shared/protocol/thread-messages.ts';
import loadServiceMap from '../../src/workers/load/load-service-map.task.ts';
import { collectGarbage } from './collect-garbage.ts';

const port = parentPort;
if (port === null) throw new Error('This module must run in a worker thread');

port.on('message', (task: WorkerLoadTask) => void measure(task));

async function measure(task: WorkerLoadTask): Promise<void> {
  // Garbage of the previous load must not count for this one.
  collectGarbage();
  const before = process.threadCpuUsage();
  await loadServiceMap(task);
  const { user, system } = process.threadCpuUsage(before);
  port?.postMessage((user + system) / 1_000);
}
