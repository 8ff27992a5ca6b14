import { createInterface } from 'node:readline';
import { raceSignal } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { say } from '../../terminal/output.ts';
import { faultOfRedirect } from './redirect-parameters.ts';

/** Maximum length of a pasted address, in characters. */
const MAX_LENGTH = 64 * 1024;

/** Facts about the login whose redirect is expected. */
export interface ExpectedRedirect {
  readonly redirectUrl: string;
  readonly authorizationUrl: string;
  readonly state: string;
}

/** The lines of standard input. Several logins of one command read from the same object. */
export interface InputLines extends Disposable {
  /** Resolves with the next line, or with null at the end of the input. Rejects with the reason of the signal. */
  readonly next: (signal: AbortSignal) => Promise<string | null>;
}

/**
 * Reads lines of input. A terminal is read key by key, because in line mode it cuts lines off after 1 024 or 4 096
 * bytes, and a redirect address can be longer. Ctrl-C still interrupts the process.
 */
export function readLines(input: NodeJS.ReadStream, output: NodeJS.WritableStream): InputLines {
  const lines = createInterface({ input, terminal: input.isTTY === true, ...(input.isTTY === true && { output }) });
  const read: string[] = [];
  let isOver = false;
  let changed = Promise.withResolvers<void>();
  const tell = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  lines.on('line', (line) => {
    read.push(line);
    tell();
  });
  lines.on('close', () => {
    isOver = true;
    tell();
  });
  return {
    async next(signal) {
      while (read.length === 0 && !isOver) await raceSignal(changed.promise, signal);
      return read.shift() ?? null;
    },
    [Symbol.dispose]() {
      lines.close();
    },
  };
}

/**
 * Reads lines until one of them is the redirect address of the login. Tells the user what is wrong with each earlier
 * line. Rejects with LOGIN_FAILED at the end of the input, or with the reason of `signal`.
 */
export async function askForRedirect(
  lines: InputLines,
  expected: ExpectedRedirect,
  signal: AbortSignal,
): Promise<URLSearchParams> {
  while (true) {
    const line = await lines.next(signal);
    if (line === null)
      throw new SwitchyardError(
        'LOGIN_FAILED',
        'The input ended before you pasted the address that the browser was sent to.',
      );
    if (line.trim() === '') continue;
    const read = parseRedirect(line, expected);
    if (typeof read !== 'string') return read;
    say(`${read} Paste the whole address that the browser was sent to; it begins with ${expected.redirectUrl}`);
  }
}

/**
 * Returns the parameters of a pasted redirect address. Returns a sentence about the problem if the text is not that
 * address. Accepts the address with or without `http://`, in quotes or angle brackets, or only the query of the
 * address.
 */
export function parseRedirect(pasted: string, expected: ExpectedRedirect): URLSearchParams | string {
  const text = unwrapped(pasted);
  if (text.length > MAX_LENGTH) return 'That is too long for an address.';
  const [address, query] = splitAddress(text);
  if (address !== '' && !isSameAddress(address, expected.redirectUrl))
    return isSameAddress(address, expected.authorizationUrl)
      ? 'That is the address to open, not the one that the browser was sent to after the login.'
      : 'That is not the address of the redirect.';
  if (query === '') return 'That address has no query.';
  const parameters = new URLSearchParams(query);
  return faultOfRedirect(parameters, expected.state) ?? parameters;
}

/** Removes surrounding whitespace, quotes and angle brackets. */
function unwrapped(text: string): string {
  return text.trim().replace(/^["'`<\s]+|["'`>\s]+$/g, '');
}

/** Splits pasted text into the address and the query. The address is empty if only a query was pasted. */
function splitAddress(text: string): readonly [address: string, query: string] {
  const [whole = ''] = text.split('#', 1);
  const mark = whole.indexOf('?');
  if (mark >= 0) return [whole.slice(0, mark), whole.slice(mark + 1)];
  return /^[\w.~-]+=/.test(whole) ? ['', whole] : [whole, ''];
}

function isSameAddress(pasted: string, wanted: string): boolean {
  const url = URL.parse(/^https?:\/\//i.test(pasted) ? pasted : `http://${pasted}`);
  const { protocol, host, pathname } = new URL(wanted);
  const isScheme = url?.protocol === protocol || !/^https?:\/\//i.test(pasted);
  return url !== null && isScheme && url.host === host && url.pathname === pathname;
}
