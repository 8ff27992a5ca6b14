import { basename } from 'node:path';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import type { Connection, ConnectionEvents } from '../connection/connection.ts';
import { commandOf } from '../connection/local-entry.ts';
import { lastLineOf, type ProcessView } from '../connection/process-view.ts';
import type { ProgramStarts } from './program-starts.ts';
import { type StartLimits, startDeadline } from './start-deadline.ts';

/** Maximum duration of a start, regardless of the number of lines that the server writes. */
const MAX_START_MS = 300_000;

/** Commands that download a program before they run it. */
const DOWNLOADERS: ReadonlySet<string> = new Set(['bunx', 'docker', 'npx', 'pipx', 'pnpm', 'podman', 'uvx', 'yarn']);

export interface ProgramStartOptions {
  readonly starts: ProgramStarts;
  /** How long a stdio server may stay silent during its handshake, in milliseconds. */
  readonly startTimeoutMs: number;
}

/** Connects to a stdio server. `signal` aborts when the start takes too long. */
type ConnectProgram = (events: ConnectionEvents, signal: AbortSignal, timeoutMs: number) => Promise<Connection>;

/**
 * Starts a stdio server when it is the server's turn or `urgent` resolves, and connects to it. The deadline counts from
 * the start of the server. Each line that the server writes to stderr extends the deadline, up to 5 min in all. An
 * entry's own `timeouts.connect` is a hard limit instead. Rejects with CONNECTOR_TIMEOUT, the reason of `signal`, or as
 * `connect` does.
 */
export async function startProgram(
  entry: ConnectorEntry,
  connect: ConnectProgram,
  events: ConnectionEvents,
  { signal, urgent }: { readonly signal: AbortSignal; readonly urgent: Promise<void> },
  { starts, startTimeoutMs }: ProgramStartOptions,
): Promise<Connection> {
  const slot = await starts.acquire(signal, urgent);
  let program: ProcessView | null = null;
  const limits = limitsOf(entry, startTimeoutMs);
  using limit = startDeadline(limits, (elapsedMs) => timeoutError(entry, elapsedMs, program), signal);
  try {
    const heard: ConnectionEvents = {
      onLost: (error) => events.onLost(error),
      onToolsChanged: () => events.onToolsChanged(),
      onNotification: events.onNotification,
      onProcess: (view) => {
        program = view;
        events.onProcess?.(view);
      },
      onOutput: () => limit.putOff(),
      onFirstMessage: () => slot.spoke(),
    };
    return await connect(heard, limit.signal, limits.quietMs);
  } finally {
    slot.ended();
  }
}

function limitsOf({ timeouts }: ConnectorEntry, startTimeoutMs: number): StartLimits {
  const hardMs = timeouts?.connect;
  if (hardMs !== undefined) return { quietMs: hardMs, maxMs: hardMs };
  return { quietMs: startTimeoutMs, maxMs: Math.max(MAX_START_MS, startTimeoutMs) };
}

function timeoutError(entry: ConnectorEntry, elapsedMs: number, program: ProcessView | null): SwitchyardError {
  const timeoutMs = Math.round(elapsedMs);
  const lastLine = program === null ? '' : lastLineOf(program);
  const saying = lastLine === '' ? silenceOf(entry) : `Its last line on stderr: ${lastLine}`;
  return new SwitchyardError(
    'CONNECTOR_TIMEOUT',
    `Connector ${entry.id} did not finish the handshake within ${seconds(timeoutMs)} of its start. ${saying}`,
    { detail: { phase: 'connect', timeoutMs, ...(lastLine !== '' && { stderr: lastLine }) } },
  );
}

/**
 * Returns what the error says about a server that wrote nothing to stderr. The server's command may have been
 * downloading a package silently.
 */
function silenceOf(entry: ConnectorEntry): string {
  const command = basename(commandOf(entry)?.command ?? '').replace(/\.(?:cmd|exe)$/i, '');
  if (!DOWNLOADERS.has(command)) return 'It wrote nothing to stderr.';
  return `It wrote nothing to stderr. \`${command}\` may still have been downloading: run the command once by hand.`;
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
}
