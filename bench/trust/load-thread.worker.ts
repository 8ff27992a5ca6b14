/**
 * Worker of load-thread.ts. It runs loads as the threads of the pool do, and reports the processor time of each load.
 */
import { parentPort } from 'node:worker_threads';
import type { WorkerLoadTask } from '../../src/shared/protocol/thread-messages.ts';
import { loadServiceMap } from '../../src/workers/load/load-service-map.task.ts';
import { collectGarbage } from './collect-garbage.ts';

const port = parentPort;
if (port === null) throw new Error('This module must run in a worker thread');

port.on('message', (task: WorkerLoadTask) => void measure(task));

async function measure(task: WorkerLoadTask): Promise<void> {
  // Garbage of the previous load must not be collected during this load.
  collectGarbage();
  const before = process.threadCpuUsage();
  await loadServiceMap(task);
  const { user, system } = process.threadCpuUsage(before);
  port?.postMessage((user + system) / 1_000);
}
