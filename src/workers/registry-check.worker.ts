import { parentPort, workerData } from 'node:worker_threads';
import { toWireError } from '../shared/errors.ts';
import type { RegistryTask, RegistryTaskReply } from '../shared/servers/registry-findings.ts';
import { checkRegistry } from './check/registry-check.ts';
import { repairRegistry } from './check/registry-repair.ts';

/**
 * Runs one check or repair. The writer thread cannot do this, because opening the store there would already repair it.
 */
function work({ kind, path }: RegistryTask): RegistryTaskReply {
  try {
    if (kind === 'check') return { kind: 'checked', findings: checkRegistry(path) };
    return { kind: 'repaired', repair: repairRegistry(path) };
  } catch (error) {
    return { kind: 'failed', error: toWireError(error, 'STORE_UNAVAILABLE') };
  }
}

parentPort?.postMessage(work(workerData as RegistryTask));
