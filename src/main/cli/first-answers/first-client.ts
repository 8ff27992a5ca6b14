import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import type { EarlyMessage, FirstAnswers, FirstSession, ToldPage } from '../../../shared/protocol/first-answers.ts';
import { type EarlyState, isObject, takeEarly } from './early-message.ts';

/** Stream to which the answers are written. */
type Output = NodeJS.WritableStream & { readonly writableLength: number };

/** A client that receives answers before the program is loaded. */
export interface EarlyClient {
  /**
   * Resolves when the program should be loaded. This is when the client has its list of tools, sends a request that
   * only the gateway can answer, or sends nothing for a while.
   */
  readonly quiet: Promise<void>;
  /** The instance id in the answers. The gateway must use the same id afterwards. */
  readonly instanceId: string;
  /** Stops the early answers. The gateway can then read the client's further messages from `input` of the result. */
  takeOver(): FirstSession;
}

/** The program is loaded if the client sends no message for this time, in milliseconds. */
const PATIENCE_MS = 25;

/**
 * Early answers stop if one of these limits is exceeded: the length of a message, the size of unread output, or the
 * number of messages.
 */
const MAX_LINE_BYTES = 16 * 1024;
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
const MAX_MESSAGES = 256;

/**
 * Maximum number of opening brackets in a message. A message with fewer brackets cannot exceed the nesting limit for
 * JSON, so its depth need not be checked.
 */
const MAX_BRACKETS = 100;

const LINE_FEED = 0x0a;

/** Answers a client with the first answers that an earlier run stored, until the gateway takes over. */
export class FirstClient implements EarlyClient {
  readonly #answers: FirstAnswers;
  readonly #stdin: NodeJS.ReadableStream;
  readonly #stdout: Output;
  readonly instanceId: string = process.getBuiltinModule('node:crypto').randomUUID();
  readonly #state: EarlyState = { wire: null, open: new Set() };
  readonly #messages: EarlyMessage[] = [];
  readonly #told: ToldPage[] = [];
  readonly #left: Buffer[] = [];
  readonly #quiet = Promise.withResolvers<void>();
  #half: Buffer = Buffer.alloc(0);
  #isOpen = true;
  #hasEnded = false;
  #timer: Timer;

  constructor(answers: FirstAnswers, stdin: NodeJS.ReadableStream, stdout: Output) {
    this.#answers = answers;
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#timer = this.#beQuietLater();
    stdin.on('data', this.#onData);
    stdin.on('end', this.#onEnd);
    // The error can be ignored here, because the gateway gets the same error when it reads from stdin.
    stdin.on('error', this.#onError);
  }

  get quiet(): Promise<void> {
    return this.#quiet.promise;
  }

  takeOver(): FirstSession {
    this.#close();
    const left = this.#half.length === 0 ? this.#left : [...this.#left, this.#half];
    return { instanceId: this.instanceId, messages: this.#messages, told: this.#told, input: this.#input(left) };
  }

  async *#input(left: readonly Buffer[]): AsyncGenerator<Buffer> {
    yield* left;
    if (!this.#hasEnded) yield* this.#stdin as AsyncIterable<Buffer>;
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#half = this.#half.length === 0 ? chunk : Buffer.concat([this.#half, chunk]);
    for (let end = this.#half.indexOf(LINE_FEED); end >= 0 && this.#isOpen; end = this.#half.indexOf(LINE_FEED)) {
      const line = this.#half.subarray(0, end + 1);
      if (!this.#take(line)) {
        this.#close();
        return;
      }
      this.#half = this.#half.subarray(end + 1);
    }
    if (this.#half.length > MAX_LINE_BYTES) this.#close();
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    this.#close();
  };

  readonly #onError = (): void => this.#close();

  /** Handles one line. Returns false if this line and all later lines must be left to the gateway. */
  #take(line: Buffer): boolean {
    if (this.#messages.length + this.#left.length >= MAX_MESSAGES || this.#stdout.writableLength > MAX_UNREAD_BYTES)
      return false;
    const startedMs = monotonicMs();
    const text = line.toString('utf8');
    if (text.trim() === '') return true;
    const message = parsed(text);
    if (message === null) return false;
    const early = takeEarly(message, this.#answers, this.instanceId, this.#state);
    switch (early.kind) {
      case 'end':
        return false;
      case 'left':
        this.#left.push(line);
        return true;
      case 'noted':
        this.#messages.push({ message, tookMs: null });
        break;
      case 'answer':
        this.#stdout.write(`{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${early.result}}\n`);
        this.#messages.push({ message, tookMs: monotonicMs() - startedMs });
        if (early.told !== null) this.#told.push(early.told);
    }
    this.#timer.cancel();
    // Once the client has all its tools, the program can be loaded. Later messages wait for the gateway.
    if (this.#told.some(({ cursor }) => cursor === null)) this.#quiet.resolve();
    else this.#timer = this.#beQuietLater();
    return true;
  }

  #beQuietLater(): Timer {
    return startTimer(PATIENCE_MS, () => this.#quiet.resolve(), { keepAlive: true });
  }

  #close(): void {
    this.#timer.cancel();
    this.#quiet.resolve();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stdin.off('data', this.#onData);
    this.#stdin.pause();
  }
}

/** Parses a line as a JSON object. Returns null for any line that needs the full checks of the gateway. */
function parsed(text: string): Readonly<Record<string, unknown>> | null {
  if (text.length > MAX_LINE_BYTES || text.split(/[[{]/, MAX_BRACKETS + 1).length > MAX_BRACKETS) return null;
  if (!text.isWellFormed() || text.includes('\uFFFD')) return null;
  try {
    // The checks in `parseForeignJson` are not needed, because the text is short and has few brackets.
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
