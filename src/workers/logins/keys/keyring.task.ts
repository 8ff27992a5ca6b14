/**
 * A separate process that makes one request to the system keyring and ends. Its arguments are `get`, `put` or `remove`,
 * the service and the account. A thread would not do, because a session bus that does not answer blocks the thread
 * forever, and a blocked thread cannot be ended. Secrets pass as hex over the standard streams, never as arguments.
 */
import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { AsyncEntry } from '@napi-rs/keyring';
import { messageOf } from '../../../shared/errors.ts';

/**
 * Kills this process after 20 s, in case the parent has exited without killing it. The timer runs in a separate thread,
 * because a request may block the main thread.
 */
new Worker('setTimeout(() => process.kill(process.pid, "SIGKILL"), 20_000)', { eval: true }).unref();

const [, , question = '', service = '', account = ''] = process.argv;

async function answer(): Promise<string> {
  // Without this option, a Linux system without a secret service uses the kernel keyring, which a reboot empties.
  const entry = new AsyncEntry(service, account, { linux: { store: 'secret-service' } });
  if (question === 'remove') return (await entry.deleteCredential()) ? 'removed' : 'none';
  const given = question === 'put' ? Buffer.from(readFileSync(0, 'utf8').trim(), 'hex') : null;
  if (given !== null) await entry.setSecret(given);
  const found = await entry.getSecret();
  if (given === null) return found === null ? 'none' : `secret ${Buffer.from(found).toString('hex')}`;
  const isKept = found?.length === given.length && timingSafeEqual(Buffer.from(found), given);
  if (!isKept) throw new Error('The keyring did not return the secret that was just stored.');
  return 'kept';
}

try {
  process.stdout.write(await answer());
} catch (error) {
  process.stdout.write(`failed ${messageOf(error)}`);
}
