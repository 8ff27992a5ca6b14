import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProgramStarts } from '../../../../src/main/connectors/bring-up/program-starts.ts';
import { startProgram } from '../../../../src/main/connectors/bring-up/start-program.ts';
import type { Connection, ConnectionEvents } from '../../../../src/main/connectors/connection/connection.ts';
import { markLocal } from '../../../../src/main/connectors/connection/local-entry.ts';
import { normalizeEntry, type RawEntry } from '../../../../src/shared/map/service-map.ts';
import { entry } from '../../../helpers/signed-map.ts';

const connection = {} as Connection;
const never = new Promise<void>(() => {});

function world(overrides: Readonly<Record<string, unknown>> = {}, limit: number | null = 1) {
  const starts = new ProgramStarts({ limit });
  const heard: string[] = [];
  const events: ConnectionEvents = {
    onLost: () => heard.push('lost'),
    onToolsChanged: () => heard.push('tools changed'),
    onProcess: () => heard.push('process'),
  };
  const made = normalizeEntry(entry('one', overrides) as RawEntry, 300);
  const start = (
    connect: Parameters<typeof startProgram>[1],
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Connection> =>
    startProgram(made, connect, events, { signal, urgent: never }, { starts, startTimeoutMs: 60_000 });
  return { starts, heard, start, made };
}

/** Returns a connect function that never connects, and rejects when its signal aborts. */
const hang = (then: (events: ConnectionEvents) => void = () => {}) =>
  ((events, signal) =>
    new Promise<Connection>((_, reject) => {
      then(events);
      signal.addEventListener('abort', () => reject(signal.reason));
    })) satisfies Parameters<typeof startProgram>[1];

describe('startProgram', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000 }));
  afterEach(() => void vi.useRealTimers());

  it('startProgram() forwards the events of the connection, and frees the start slot at the first message', async () => {
    const { starts, heard, start } = world();
    const first = start(
      hang((events) => {
        events.onProcess?.({ pid: 7, stderr: '' });
        setTimeout(() => events.onFirstMessage?.(), 100);
      }),
    );
    first.catch(() => {});
    const second = start(async () => connection);
    await vi.advanceTimersByTimeAsync(99);
    expect(starts.waiting).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await second).toBe(connection);
    expect(heard).toEqual(['process']);
  });

  it('startProgram() starts the deadline when the process starts, not when the start was requested', async () => {
    const { start } = world();
    start(hang()).catch(() => {});
    const second = start(hang());
    const failure = expect(second).rejects.toMatchObject({ code: 'CONNECTOR_TIMEOUT', detail: { timeoutMs: 60_000 } });
    await vi.advanceTimersByTimeAsync(5_000 + 60_000);
    await failure;
  });

  it('startProgram() extends the deadline with each line of output, and names the last line on a timeout', async () => {
    const { start } = world();
    const view = { pid: 7, stderr: '' };
    const starting = start(
      hang((events) => {
        events.onProcess?.(view);
        setTimeout(() => {
          view.stderr = 'fetching\ninstalling 3 of 9\n';
          events.onOutput?.();
        }, 50_000);
      }),
    );
    const failure = expect(starting).rejects.toMatchObject({
      message:
        'Connector one did not finish the handshake within 110 s of its start. Its last line on stderr: installing 3 of 9',
    });
    await vi.advanceTimersByTimeAsync(110_000);
    await failure;
  });

  it.each([
    ['npx', ' `npx` may still have been downloading: run the command once by hand.'],
    ['/opt/node/bin/npx', ' `npx` may still have been downloading: run the command once by hand.'],
    ['node', ''],
  ])(
    'after a timeout of the silent command %s, startProgram() says whether the command may have been downloading',
    async (command, hint) => {
      const { start, made } = world();
      markLocal(made, { command, args: [], env: {}, cwd: null }, 'the configuration file');
      const message = `Connector one did not finish the handshake within 60 s of its start. It wrote nothing to stderr.${hint}`;
      const failure = expect(start(hang())).rejects.toMatchObject({ message });
      await vi.advanceTimersByTimeAsync(60_000);
      await failure;
    },
  );

  it('startProgram() respects the connect timeout of the entry', async () => {
    const { start } = world({ timeouts: { connect: 2_000 } });
    const failure = expect(start(hang((events) => void setTimeout(() => events.onOutput?.(), 1_900)))).rejects.toThrow(
      'within 2 s',
    );
    await vi.advanceTimersByTimeAsync(2_000);
    await failure;
  });

  it('startProgram() frees the start slot if the connection fails or is aborted', async () => {
    const { starts, start } = world();
    await expect(start(() => Promise.reject(new Error('no such command')))).rejects.toThrow('no such command');
    const gone = new AbortController();
    const leaving = start(hang(), gone.signal);
    gone.abort(new Error('removed'));
    await expect(leaving).rejects.toThrow('removed');
    expect(await start(async () => connection)).toBe(connection);
    expect(starts.waiting).toBe(0);
  });
});
