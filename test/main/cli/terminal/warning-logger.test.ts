import { afterEach, describe, expect, it, vi } from 'vitest';
import { createWarningLogger, withTime } from '../../../../src/main/cli/terminal/warning-logger.ts';

const clock = { now: () => Date.parse('2026-11-29T10:00:00.000Z') };
const TIME = '2026-11-29T10:00:00.000Z';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Returns a logger and the lines that it has written. */
function logging() {
  const lines: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation(((text: string) => lines.push(text) > 0) as never);
  const logger = createWarningLogger(clock);
  const state = (connectorId: string, to: string, why: string, code?: string): void =>
    logger[to === 'ready' || to === 'closing' ? 'info' : 'warn'](
      { event: 'connector-state', connectorId, to, ...(code !== undefined && { code }) },
      `Connector ${connectorId}: ${to} (${why})`,
    );
  return { logger, lines, state };
}

describe('log of a long-running process', () => {
  it('the log of a long-running command starts each line with the time', () => {
    expect(withTime('one: ready', clock)).toBe(`${TIME} one: ready`);
  });

  it('a long-running command logs once why a connector is down, and logs each new reason', () => {
    const { lines, state } = logging();
    for (let round = 0; round < 3; round += 1) state('a', 'backing-off', 'HTTP 503', 'CONNECTOR_HTTP_STATUS');
    state('a', 'backing-off', 'HTTP 500', 'CONNECTOR_HTTP_STATUS');
    state('a', 'backing-off', 'HTTP 503', 'CONNECTOR_HTTP_STATUS');
    state('b', 'backing-off', 'HTTP 503', 'CONNECTOR_HTTP_STATUS');
    expect(lines).toEqual([
      `${TIME} Connector a: backing-off (HTTP 503)\n`,
      `${TIME} Connector a: backing-off (HTTP 500)\n`,
      `${TIME} Connector b: backing-off (HTTP 503)\n`,
    ]);
  });

  it.each([
    ['a timestamp', 'exited with code 3: 2026-11-29T10:00:01Z gone', 'exited with code 3: 2026-11-29T10:00:02Z gone'],
    ['a time of day', 'exited with code 3: [10:00:01] gone', 'exited with code 3: [10:00:09] gone'],
    ['milliseconds', 'exited with code 3: 1795994541445', 'exited with code 3: 1795994542508'],
    ['a duration', 'no answer within 1.2 s', 'no answer within 10 s'],
    ['a process id', 'pid 17 is gone', 'pid 21 is gone'],
    ['an id', 'request 0f8fad5b-d9cb-469f-a165-70867728950e', 'request 7c9e6679-7425-40de-944b-e07fc1f90ae7'],
  ])('the log of a long-running command treats two reasons as equal if they differ only in %s', (_, first, second) => {
    const { lines, state } = logging();
    state('a', 'backing-off', first);
    state('a', 'backing-off', second);
    expect(lines).toHaveLength(1);
  });

  it('the log of a long-running command treats different exit codes and HTTP statuses as different reasons', () => {
    const { lines, state } = logging();
    for (const why of ['exited with code 3: x', 'exited with code 1: x', 'HTTP 401', 'HTTP 404'])
      state('a', 'backing-off', why);
    expect(lines).toHaveLength(4);
  });

  it('a long-running command logs a reason again after the connector was up or was replaced', () => {
    const { lines, state } = logging();
    for (const to of ['ready', 'closing']) {
      state('a', 'backing-off', 'reset');
      state('a', to, 'why');
    }
    state('a', 'backing-off', 'reset');
    expect(lines).toHaveLength(3);
  });

  it('the log of a long-running command names `--allow-private` if a private address was rejected', () => {
    const { lines, state } = logging();
    state('a', 'failed', 'loopback', 'CONNECTOR_ADDRESS_REFUSED');
    expect(lines).toEqual([`${TIME} Connector a: failed (loopback) (\`--allow-private\` allows it)\n`]);
  });

  it('a long-running command logs once that a map cannot be refreshed, and once that it is refreshed again', () => {
    const { logger, lines } = logging();
    const failed = { sourceId: 'map', code: 'MAP_DNS' };
    for (let round = 0; round < 2; round += 1) {
      logger.warn({ ...failed, event: 'map-refresh-failed' }, 'The service map was not refreshed: no such host');
      logger.warn({ ...failed, event: 'refresh-failed', error: 'no such host' }, 'Refresh failed');
    }
    for (let round = 0; round < 2; round += 1)
      logger.info({ event: 'refresh-completed', sourceId: 'map' }, 'Refresh completed');
    logger.warn({ ...failed, event: 'refresh-failed', error: 'no such host' }, 'Refresh failed');
    expect(lines).toEqual([
      `${TIME} The service map was not refreshed: no such host\n`,
      `${TIME} The service map is refreshed again\n`,
      `${TIME} Refresh failed: no such host\n`,
    ]);
  });

  it('a long-running command logs a warning about stale tools each time it occurs, and logs no successes', () => {
    const { logger, lines } = logging();
    for (let round = 0; round < 2; round += 1) logger.error({ event: 'tools-stale', connectorId: 'a' }, 'stale');
    logger.info({ event: 'login-done' }, 'done');
    logger.debug({}, 'detail');
    expect(lines).toEqual([`${TIME} stale\n`, `${TIME} stale\n`]);
  });
});
