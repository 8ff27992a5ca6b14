/**
 * A process of its own that asks the system's keyring one thing and ends: `get`, `put` or `remove`, service, account.
 * It is not a thread, since the library blocks, for ever where a session bus does not answer, and such a thread could
 * not be ended. A secret comes and goes as hex over the standard streams, never in an argument.
 */
import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { AsyncEntry } from '@napi-rs/keyring';
import { messageOf } from '../../../shared/errors.ts';

/** Ends this process where whoever started it is gone and cannot. A timer of this thread would be blocked with it. */
new Worker('setTimeout(() => process.kill(process.pid, "SIGKILL"), 20_000)', { eval: true }).unref();

const [, , question = '', service = '', account = ''] = process.argv;

async function answer(): Promise<string> {
  // Without this, a Linux without a secret service gets the kernel's keyring, which a reboot empties.
  const entry = new AsyncEntry(service, account, { linux: { store: 'secret-service' } });
  if (question === 'remove') return (await entry.deleteCredential()) ? 'removed' : 'none';
  const given = question === 'put' ? Buffer.from(readFileSync(0, 'utf8').trim(), 'hex') : null;
  if (given !== null) await entry.setSecret(given);
  const found = await entry.getSecret();
  if (given === null) return found === null ? 'none' : `secret ${Buffer.from(found).toString('hex')}`;
  const isKept = found?.length === given.length && timingSafeEqual(Buffer.from(found), given);
  if (!isKept) throw new Error('The keyring does not give back what was put into it.');
  return 'kept';
}

try {
  process.stdout.write(await answer());
} catch (error) {
  process.stdout.write(`failed ${messageOf(error)}`);
}
