import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { deadline, raceSignal } from '../../shared/clock.ts';
import { fromWireError, SwitchyardError } from '../../shared/errors.ts';
import type { RegistryTask, RegistryTaskReply } from '../../shared/servers/registry-findings.ts';
import { silentLogger } from '../observability/logger.ts';
import { workerUrl } from '../threads/worker-url.ts';
import { awaitEnd } from './stuck-threads.ts';

/** Timeout of a task. It must be long enough to read a large store completely. */
const TIMEOUT_MS = 120_000;

const END_TIMEOUT_MS = 2_500;

/**
 * Runs a thread that checks or repairs a registry. Rejects with the thread's own error, or with STORE_UNAVAILABLE if it
 * does not respond.
 */
export async function runRegistryTask(task: RegistryTask): Promise<Exclude<RegistryTaskReply, { kind: 'failed' }>> {
  const worker = new Worker(workerUrl('workers/registry-check.worker'), { workerData: task });
  const lost = (why: string) => new SwitchyardError('STORE_UNAVAILABLE', `The thread that checks the registry ${why}.`);
  using limit = deadline(TIMEOUT_MS, () => lost(`did not answer within ${TIMEOUT_MS} ms`));
  try {
    // `once` rejects if the thread ends with an error.
    const [reply] = (await raceSignal(once(worker, 'message'), limit.signal)) as [RegistryTaskReply];
    if (reply.kind === 'failed') throw fromWireError(reply.error);
    return reply;
  } finally {
    await awaitEnd(worker.terminate(), END_TIMEOUT_MS, silentLogger);
  }
}
