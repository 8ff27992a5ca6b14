import { settledWithin } from '../../../shared/clock.ts';
import { asSwitchyardError, SwitchyardError } from '../../../shared/errors.ts';
import { turns } from '../../../shared/turns.ts';
import { messageInLine, type RefusedMessage } from '../../mcp/refused-message.ts';
import type { StdioCommand } from '../connection/local-entry.ts';
import { commandFailure, exitFailure, sizeFailure } from './command-failure.ts';
import { LineSplitter } from './line-splitter.ts';
import { type ProcessExit, ProcessGroup } from './process-group.ts';
import { StderrTail } from './stderr-tail.ts';
import { secretsOf } from './stdio-environment.ts';

/** From SIGTERM to SIGKILL. */
const DEFAULT_GRACE_MS = 2_000;

/** How long what a program said last may take to be read; a daemon that it left behind can hold its pipes open for ever. */
const DRAIN_MS = 300;

export interface StdioTransportOptions {
  /** Cap on one message of the program. */
  readonly maxMessageBytes: number;
  /** Cap on one message until {@link StdioTransport.trust} is called. `maxMessageBytes`. */
  readonly maxFirstBytes?: number;
  /** How long after SIGTERM the program is killed. 2 000 ms. */
  readonly graceMs?: number;
}

/** The standard streams of a program that runs as long as the transport does, one JSON value per line. */
export interface StdioTransport {
  /** Hears each line of stdout that is JSON, parsed. */
  onmessage?: (value: unknown) => void;
  /** Hears that the program wrote to stderr. */
  onoutput?: () => void;
  /** Hears that the program wrote to stdout, whether that is a message or not. */
  onstdout?: () => void;
  /** Hears what went wrong, before `onclose`. */
  onerror?: (error: Error) => void;
  /** Hears once that nothing comes any more. */
  onclose?: () => void;
  start(): Promise<void>;
  /** Writes a line, with its line feed. */
  send(line: string): Promise<void>;
  /** The handshake is done: messages may be as large as `maxMessageBytes`. */
  trust(): void;
  close(): Promise<void>;
  /** Of the program, which leads the process group of this number; null until it was started. */
  readonly pid: number | null;
  /** The end of what it wrote to stderr: at most 8 KiB, whole lines, no control characters, no secret of its environment. */
  readonly stderr: string;
  /** How it ended; null as long as it runs. */
  readonly exit: ProcessExit | null;
  /** What ended it, or kept it from starting; null while all is well. */
  readonly failure: SwitchyardError | null;
  /** Lines on stdout that were no JSON, and were passed over. */
  readonly junkLines: number;
}

/**
 * A transport over `command` (MCP 2025-06-18, transports: stdio). start() rejects with CONNECTOR_COMMAND_FAILED; send() with
 * CONNECTOR_EXITED or CONNECTOR_GONE, once what it sends is handed to the kernel otherwise. A program that goes by itself is reported to
 * `onerror` as CONNECTOR_EXITED, a message over the cap as TOOL_RESULT_TOO_LARGE, before `onclose`. close() ends the whole process
 * group; it never rejects, and resolves when the program is gone and its pipes are closed.
 */
export function createStdioTransport(command: StdioCommand, options: StdioTransportOptions): StdioTransport {
  return new ProgramTransport(command, options);
}

class ProgramTransport implements StdioTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (value: unknown) => void;
  onoutput?: () => void;
  onstdout?: () => void;
  exit: ProcessExit | null = null;
  junkLines = 0;

  readonly #command: StdioCommand;
  readonly #graceMs: number;
  readonly #maxMessageBytes: number;
  readonly #lines: LineSplitter;
  readonly #stderr: StderrTail;
  /** What it wrote to stdout that is no message: some say there why they end. */
  readonly #chatter: StderrTail;
  #group: ProcessGroup | null = null;
  #ending: Promise<void> | null = null;
  /** Somebody closed it: from then on there is nothing to tell but that it is closed. */
  #isClosed = false;
  #failure: SwitchyardError | null = null;

  constructor(command: StdioCommand, options: StdioTransportOptions) {
    const { maxMessageBytes, maxFirstBytes = maxMessageBytes, graceMs = DEFAULT_GRACE_MS } = options;
    this.#command = command;
    this.#graceMs = graceMs;
    this.#maxMessageBytes = maxMessageBytes;
    this.#lines = new LineSplitter(Math.min(maxFirstBytes, maxMessageBytes));
    this.#stderr = new StderrTail(secretsOf(command.env));
    this.#chatter = new StderrTail(secretsOf(command.env));
  }

  get pid(): number | null {
    return this.#group?.child.pid ?? null;
  }

  get failure(): SwitchyardError | null {
    return this.#failure;
  }

  get stderr(): string {
    return this.#stderr.text;
  }

  async start(): Promise<void> {
    if (this.#group !== null) throw new SwitchyardError('INTERNAL', 'The transport was started already.');
    if (this.#isClosed) throw this.#unusable();
    const started = Promise.withResolvers<void>();
    try {
      this.#group = new ProcessGroup(this.#command);
      this.#group.child.once('spawn', started.resolve);
      // It stays: without a listener a failure to signal would end this process.
      this.#group.child.on('error', started.reject);
      this.#listen(this.#group);
      await started.promise;
    } catch (cause) {
      this.#failure = commandFailure(this.#command, cause);
      throw this.#failure;
    }
  }

  send(line: string): Promise<void> {
    const group = this.#group;
    if (this.#isClosed || this.#failure !== null || this.#ending !== null || group === null)
      return Promise.reject(this.#unusable());
    // The callback comes once the pipe has taken it all: a program that does not read makes its callers wait, not this process grow.
    return new Promise((resolve, reject) => {
      group.child.stdin.write(line, (error) => {
        if (error == null) return resolve();
        // A broken pipe is known sooner than the end of whoever broke it, which says more.
        void settledWithin(group.exited, DRAIN_MS).then(() => reject(this.#unusable()));
      });
    });
  }

  trust(): void {
    this.#lines.maxBytes = this.#maxMessageBytes;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  #listen(group: ProcessGroup): void {
    const { pid, stdin, stdout, stderr } = group.child;
    stdout.on('data', (chunk: Buffer) => {
      this.onstdout?.();
      this.#read(chunk);
    });
    stderr.on('data', (chunk: Buffer) => {
      this.#stderr.push(chunk);
      this.onoutput?.();
    });
    // Whoever has no input or no output any more cannot be talked with, though it runs.
    const lost = (): void => {
      if (pid !== undefined) void this.#end();
    };
    stdin.on('error', lost);
    stdout.on('error', lost);
    stdout.once('end', lost);
    stderr.on('error', () => {});
    void group.exited.then((exit) => {
      this.exit = exit;
      lost();
    });
  }

  #read(chunk: Buffer): void {
    this.#readOn(this.#lines.push(chunk));
  }

  /** Reads lines, and lets the event loop turn where there are many. */
  #readOn(lines: Iterator<string | RefusedMessage | null, unknown>): void {
    for (let next = lines.next(); next.done !== true; next = lines.next()) {
      if (this.#isClosed) return;
      if (next.value === null) this.#refuse();
      else if (next.value !== '') this.#deliver(next.value);
      if (!turns.isOver) continue;
      const stdout = this.#group?.child.stdout;
      stdout?.pause();
      turns.later(() => {
        stdout?.resume();
        this.#readOn(lines);
      });
      return;
    }
  }

  #deliver(line: string | RefusedMessage): void {
    const value = typeof line === 'string' ? messageInLine(line) : line;
    if (value === undefined) {
      this.junkLines += 1;
      this.#chatter.push(Buffer.from(`${line}\n`));
      return;
    }
    try {
      this.onmessage?.(value);
    } catch (error) {
      this.onerror?.(asSwitchyardError(error));
    }
  }

  /** Ends a program whose message is too large, and tells so at once: somebody waits for an answer. */
  #refuse(): void {
    this.#failure = sizeFailure(this.#command, this.#lines.maxBytes);
    // It would wait for ever to get rid of the rest.
    this.#group?.child.stdout.destroy();
    this.#group?.signal('SIGTERM');
    void this.#end();
    this.onerror?.(this.#failure);
  }

  #end(): Promise<void> {
    this.#ending ??= this.#teardown().catch(() => {});
    return this.#ending;
  }

  async #teardown(): Promise<void> {
    try {
      if (this.#group !== null && this.pid !== null) await this.#group.end(this.#graceMs, DRAIN_MS);
      if (this.#isClosed || this.#failure !== null) return;
      this.#failure = this.#exitFailure();
      this.onerror?.(this.#failure);
    } finally {
      this.onclose?.();
    }
  }

  #unusable(): SwitchyardError {
    if (this.#failure !== null) return this.#failure;
    if (this.#group !== null && !this.#isClosed) return this.#exitFailure();
    const why = this.#isClosed ? 'is closed' : 'was not started';
    return new SwitchyardError('CONNECTOR_GONE', `The transport to ${JSON.stringify(this.#command.command)} ${why}.`);
  }

  #exitFailure(): SwitchyardError {
    return exitFailure(this.#command, this.exit, this.#stderr.lastLine || this.#chatter.lastLine);
  }
}
