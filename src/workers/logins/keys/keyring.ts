import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startTimer } from '../../../shared/clock.ts';
import { messageOf } from '../../../shared/errors.ts';

/** What the keyring calls this program. */
const SERVICE = 'mcp-switchyard';

/** How long the keyring may take, a question to its user included. Main waits 7 s for the writer. */
const TIMEOUT_MS = 5_000;

/** The keyring was not reached, or refused: locked, no session, no library. `message` says why, for people. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
}

/** The system's keyring. Every method rejects with a KeyringError where it cannot be used. */
export interface Keyring {
  /** Null where the keyring works and has no such secret. */
  get(account: string): Promise<Uint8Array | null>;
  /** Stores a secret, and makes sure that it can be read again. */
  put(account: string, secret: Uint8Array): Promise<void>;
  remove(account: string): Promise<void>;
}

/** The keyring of this system (`@napi-rs/keyring`), asked by a process that can be ended when it does not answer. */
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
  // In an Electron host, execPath is Electron. Options of the host, such as a debugger, are not for this process.
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
    // A process that ends before it read its input is told by what it answers, or does not.
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
  throw new KeyringError(answer.startsWith('failed ') ? answer.slice('failed '.length) : 'It cannot be asked.');
}
