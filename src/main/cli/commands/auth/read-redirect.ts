import { createInterface } from 'node:readline';
import { raceSignal } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { say } from '../../terminal/output.ts';
import { faultOfRedirect } from './redirect-parameters.ts';

/** Maximum length of a line that is read as an address, in characters. */
const MAX_LENGTH = 64 * 1024;

/** The login whose redirect is expected. */
export interface ExpectedRedirect {
  readonly redirectUrl: string;
  readonly authorizationUrl: string;
  readonly state: string;
}

/** Lines of standard input, shared by several prompts. */
export interface InputLines extends Disposable {
  /** The next line; null at the end of the input. Rejects with the signal's reason. */
  readonly next: (signal: AbortSignal) => Promise<string | null>;
}

/**
 * Reads lines. A terminal is read key by key: otherwise it would cut lines off after 1 024 or 4 096 bytes, and
 * addresses with codes are longer. Ctrl-C still interrupts the process.
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
 * Reads lines until one holds the redirected address with the login's `state`, and says what is wrong with each other
 * line. Rejects with LOGIN_FAILED at the end of the input, or with the signal's reason.
 */
export async function askForRedirect(
  lines: InputLines,
  expected: ExpectedRedirect,
  signal: AbortSignal,
): Promise<URLSearchParams> {
  while (true) {
    const line = await lines.next(signal);
    if (line === null)
      throw new SwitchyardError('LOGIN_FAILED', 'The input ended before the redirected address was pasted.');
    if (line.trim() === '') continue;
    const read = parseRedirect(line, expected);
    if (typeof read !== 'string') return read;
    say(`${read} Paste the whole address that the browser was sent to; it begins with ${expected.redirectUrl}`);
  }
}

/**
 * Returns the parameters of a pasted redirect address, or a sentence that says what is wrong with it. Accepts the whole
 * address, with or without `http://`, also in quotes or angle brackets, or its query alone.
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

/** Returns the text without surrounding whitespace, quotes and angle brackets. */
function unwrapped(text: string): string {
  return text.trim().replace(/^["'`<\s]+|["'`>\s]+$/g, '');
}

/** Returns the address without its query, and the query; the address is empty if only a query was given. */
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
