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

/** Delay between SIGTERM and SIGKILL. */
const DEFAULT_GRACE_MS = 2_000;

/** Time limit for reading the last output of a process. A daemon that the process started can keep the pipes open. */
const DRAIN_MS = 300;

export interface StdioTransportOptions {
  /** Maximum size of one message of the server, in bytes. */
  readonly maxMessageBytes: number;
  /** Maximum size of one message until {@link StdioTransport.trust} is called. Defaults to `maxMessageBytes`. */
  readonly maxFirstBytes?: number;
  /** Delay between SIGTERM and SIGKILL. Defaults to 2 000 ms. */
  readonly graceMs?: number;
}

/** The standard streams of a process, which runs as long as the transport is open. Each line is a JSON value. */
export interface StdioTransport {
  /** Called with the parsed value of each line on stdout that is JSON. */
  onmessage?: (value: unknown) => void;
  /** Called when the process wrote to stderr. */
  onoutput?: () => void;
  /** Called when the process wrote to stdout, whether the output was a message or not. */
  onstdout?: () => void;
  /** Called with each error, before `onclose`. */
  onerror?: (error: Error) => void;
  /** Called once, after the last message. */
  onclose?: () => void;
  start(): Promise<void>;
  /** Writes a line, which must include its line feed. */
  send(line: string): Promise<void>;
  /** Marks the handshake as done. Later messages may be as large as `maxMessageBytes`. */
  trust(): void;
  close(): Promise<void>;
  /** Process id of the server, which is also the id of its process group; null before the start. */
  readonly pid: number | null;
  /** The last whole lines of stderr, at most 8 KiB, without control characters or secrets from the environment. */
  readonly stderr: string;
  /** How the process ended; null while it runs. */
  readonly exit: ProcessExit | null;
  /** The error that ended the process or prevented its start; null without an error. */
  readonly failure: SwitchyardError | null;
  /** Number of lines on stdout that were not JSON and were skipped. */
  readonly junkLines: number;
}

/**
 * Creates a transport over `command` (MCP 2025-06-18, transports: stdio). The method `start` rejects with
 * CONNECTOR_COMMAND_FAILED. The method `send` resolves once the kernel has taken the line, and rejects with
 * CONNECTOR_EXITED or CONNECTOR_GONE. Before `onclose`, `onerror` gets CONNECTOR_EXITED if the process exited on its
 * own, or TOOL_RESULT_TOO_LARGE for a message over the limit. The method `close` ends the whole process group. It never
 * rejects, and resolves when the process has ended and its pipes are closed.
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
  /** Lines on stdout that are not messages. Some servers write there why they exit. */
  readonly #chatter: StderrTail;
  #group: ProcessGroup | null = null;
  #ending: Promise<void> | null = null;
  /** Whether close() was called. After that, the only error is that the transport is closed. */
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
    if (this.#group !== null) throw new SwitchyardError('INTERNAL', 'Internal error: the transport was started twice.');
    if (this.#isClosed) throw this.#unusable();
    const started = Promise.withResolvers<void>();
    try {
      this.#group = new ProcessGroup(this.#command);
      this.#group.child.once('spawn', started.resolve);
      // The listener is never removed. Without it, a signal that could not be sent would end this process.
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
    // The promise resolves once the pipe has taken the whole line. If a server does not read, its callers wait instead
    // of filling the memory of this process.
    return new Promise((resolve, reject) => {
      group.child.stdin.write(line, (error) => {
        if (error == null) return resolve();
        // A broken pipe is noticed before the exit of the process, but the error about the exit is more informative.
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
    // A process without input or output cannot be used, even while it runs.
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

  /** Reads lines, and yields to the event loop if there are many. */
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

  /** Ends a server whose message is too large, and reports this immediately, because a caller waits. */
  #refuse(): void {
    this.#failure = sizeFailure(this.#command, this.#lines.maxBytes);
    // If stdout stayed open, the process would block forever while it writes the rest of the message.
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
    return exitFailure(this.#command, this.exit, this.#stderr.errorLine || this.#chatter.errorLine);
  }
}
