import { createStdioTransport, type StdioTransport } from '../../src/main/connectors/stdio/stdio-transport.ts';
import { isObject, type JsonObject } from '../../src/main/mcp/json-rpc.ts';
import { eventually } from './eventually.ts';

const PROGRAM = new URL('../fixtures/stdio/program.ts', import.meta.url).pathname;

/** A stdio transport that runs test/fixtures/stdio/program.ts and records its events. */
export interface StdioProgram extends AsyncDisposable {
  readonly transport: StdioTransport;
  /** The lines of the process's output that were JSON, parsed. */
  readonly messages: JsonObject[];
  readonly errors: Error[];
  /** `close` and `error`, once for each such event. */
  readonly events: string[];
  /** Resolves with the pid that the process reported. */
  toldPid(): Promise<number>;
  /** Resolves once the transport has reported that it is closed. */
  closed(): Promise<void>;
}

interface StdioProgramSettings {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly maxMessageBytes?: number;
  readonly graceMs?: number;
}

/** Prepares a process with this behavior. `transport.start()` starts it. */
export function stdioProgram(behaviour: string, settings: StdioProgramSettings = {}): StdioProgram {
  const { args = [], env = {}, maxMessageBytes = 1_000_000, graceMs = 2_000 } = settings;
  const command = { command: process.execPath, args: [PROGRAM, behaviour, ...args], env, cwd: null };
  const transport = createStdioTransport(command, { maxMessageBytes, graceMs });
  const messages: JsonObject[] = [];
  const errors: Error[] = [];
  const events: string[] = [];
  transport.onmessage = (value) => {
    messages.push(isObject(value) ? value : { value });
  };
  transport.onerror = (error) => {
    errors.push(error);
    events.push('error');
  };
  transport.onclose = () => events.push('close');
  const pids = (): number[] =>
    messages.flatMap((message) => {
      const pid = isObject(message.params) ? message.params.pid : undefined;
      return typeof pid === 'number' ? [pid] : [];
    });
  return {
    transport,
    messages,
    errors,
    events,
    async toldPid() {
      await eventually('the program told a pid', () => pids().length > 0);
      return pids()[0] ?? -1;
    },
    closed: () => eventually('the transport closed', () => events.includes('close')),
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

/** True if a process with this id runs or is a zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
