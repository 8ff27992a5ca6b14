import { describe, expect, it } from 'vitest';
import { limitLogs } from '../../../src/main/observability/log-limit.ts';
import type { Logger } from '../../../src/main/observability/logger.ts';
import { type LogLine, recordingLogger } from '../../helpers/log.ts';

interface Limited {
  readonly logger: Logger;
  readonly lines: readonly LogLine[];
  /** The duration of each window that was started, in milliseconds. */
  readonly windowsMs: readonly number[];
  endWindow(): void;
}

function limited(maxLines?: number): Limited {
  const inner = recordingLogger();
  const windowsMs: number[] = [];
  let end = (): void => {};
  const logger = limitLogs(inner, maxLines, (delayMs, callback) => {
    windowsMs.push(delayMs);
    end = callback;
    return { cancel: () => {} };
  });
  return { logger, lines: inner.lines, windowsMs, endWindow: () => end() };
}

const times = (count: number, log: (index: number) => void): void => {
  for (let index = 0; index < count; index += 1) log(index);
};

describe('limitLogs', () => {
  it('the log limit keeps the first lines of each kind of event per time window, and then logs how many it dropped', () => {
    const { logger, lines, windowsMs, endWindow } = limited(3);
    const log = (index: number): void => logger.info({ event: 'connector-state', connectorId: 'c' }, `line ${index}`);
    times(10, log);
    expect(lines.map(({ message }) => message)).toEqual(['line 0', 'line 1', 'line 2']);
    endWindow();
    expect(lines.slice(3).map(({ fields }) => fields)).toEqual([
      { event: 'log-limited', of: 'connector-state', lines: 7 },
    ]);
    times(4, log);
    expect(lines.slice(4).map(({ message }) => message)).toEqual(['line 0', 'line 1', 'line 2']);
    endWindow();
    expect(lines.at(-1)?.fields).toMatchObject({ event: 'log-limited', lines: 1 });
    expect(windowsMs).toEqual([10_000, 10_000]);
  });

  it('the log limit applies to lines about tools and about connectors, and counts the lines of each event separately', () => {
    const { logger, lines, endWindow } = limited(3);
    times(5, () => logger.warn({ event: 'tool-collision', tool: 't' }, 'tool'));
    times(3, () => logger.info({ event: 'connector-state', connectorId: 'c' }, 'connector'));
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      ...Array(3).fill('warn tool'),
      ...Array(3).fill('info connector'),
    ]);
    endWindow();
    expect(lines.slice(6).map(({ fields }) => fields)).toEqual([
      { event: 'log-limited', of: 'tool-collision', lines: 2 },
    ]);
  });

  it('the log limit never drops errors, lines without an event, or lines about neither a connector nor a tool', () => {
    const { logger, lines } = limited(1);
    times(5, () => logger.error({ event: 'bad', connectorId: 'c' }, 'error'));
    times(5, () => logger.debug({ connectorId: 'c' }, 'no event'));
    times(5, () => logger.warn({ event: 'map-refresh-failed' }, 'map'));
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      ...Array(5).fill('error error'),
      ...Array(5).fill('debug no event'),
      ...Array(5).fill('warn map'),
    ]);
  });

  it('the log limit keeps a thousand lines of an event by default', () => {
    const { logger, lines } = limited();
    times(1_001, () => logger.info({ event: 'connector-state', connectorId: 'c' }, 'line'));
    expect(lines).toHaveLength(1_000);
  });
});
