import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startTimer } from '../../../shared/clock.ts';
import { messageOf } from '../../../shared/errors.ts';

/** Service name under which the keyring stores secrets of this package. */
const SERVICE = 'mcp-switchyard';

/**
 * Timeout for a keyring request, including a prompt to the user. It is shorter than the 7 s that the main thread waits
 * for the writer.
 */
const TIMEOUT_MS = 5_000;

/**
 * The error of a keyring that cannot be used. For example, the keyring is locked, there is no user session, or the
 * library is missing. `message` is the reason in plain words.
 */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
}

/** The system keyring. Every method rejects with a KeyringError if the keyring cannot be used. */
export interface Keyring {
  /** Resolves with null if the keyring works but does not have this secret. */
  get(account: string): Promise<Uint8Array | null>;
  /** Stores a secret, and verifies that it can be read again. */
  put(account: string, secret: Uint8Array): Promise<void>;
  remove(account: string): Promise<void>;
}

/**
 * Returns the keyring of this system (`@napi-rs/keyring`). Each request runs in a process that is killed if it does not
 * answer.
 */
export function createSystemKeyring(timeoutMs: number = TIMEOUT_MS): Keyring {
  const ask = (question: string, account: string, secret = ''): Promise<string> =>
    askProcess([question, SERVICE, account], secret, timeoutMs);
  return {
    async get(account) {
      const [word, hex = ''] = (await ask('get', account)).split(' ');
      return word === 'secret' ? Buffer.from(hex, 'hex') : null;
    },
    async put(account, secret) {
      await ask('put', account, Buffer.from(secret).toString('hex'));
    },
    async remove(account) {
      await ask('remove', account);
    },
  };
}

async function askProcess(args: readonly string[], input: string, timeoutMs: number): Promise<string> {
  const script = fileURLToPath(new URL(`./keyring.task${extname(import.meta.url)}`, import.meta.url));
  // In an Electron host, execPath is Electron, which must then run as Node. The child process must not get Node options
  // of the host, such as a debugger.
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' };
  let isLate = false;
  let answer: string;
  try {
    const child: ChildProcessByStdio<Writable, Readable, null> = spawn(process.execPath, [script, ...args], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    });
    const timer = startTimer(timeoutMs, () => {
      isLate = true;
      child.kill('SIGKILL');
    });
    // If the process ends before it has read its input, its failed or missing answer already reports the error.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    try {
      [answer] = await Promise.all([text(child.stdout), once(child, 'close')]);
    } finally {
      timer.cancel();
    }
  } catch (error) {
    throw new KeyringError(messageOf(error), { cause: error });
  }
  if (isLate) throw new KeyringError(`The keyring did not answer within ${timeoutMs / 1_000} s.`);
  if (/^(?:none|kept|removed|secret [0-9a-f]*)$/.test(answer)) return answer;
  throw new KeyringError(
    answer.startsWith('failed ') ? answer.slice('failed '.length) : 'The keyring process ended without an answer.',
  );
}
