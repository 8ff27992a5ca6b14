import { expect, it } from 'vitest';
import { limitLogs } from '../../../src/main/observability/log-limit.ts';
import { recordingLogger } from '../../helpers/log.ts';

it('passes so many lines of an event on, then one that says how many were left out; the next window begins anew', () => {
  const inner = recordingLogger();
  let end = (): void => {};
  const logger = limitLogs(inner, 3, (_, callback) => {
    end = callback;
    return { cancel: () => {} };
  });
  const state = (index: number): void =>
    logger.info({ event: 'connector-state', connectorId: `c${index}` }, `line ${index}`);
  for (let index = 0; index < 10; index += 1) state(index);
  for (let index = 0; index < 5; index += 1) logger.warn({ event: 'map-refresh-failed' }, 'map');
  logger.warn({ event: 'tool-collision', tool: 't' }, 'other');
  logger.debug({}, 'no event');
  for (let index = 0; index < 5; index += 1) logger.error({ event: 'bad' }, 'always');
  expect(inner.lines.map(({ message }) => message)).toEqual([
    'line 0',
    'line 1',
    'line 2',
    ...Array.from({ length: 5 }, () => 'map'),
    'other',
    'no event',
    ...Array.from({ length: 5 }, () => 'always'),
  ]);
  end();
  expect(inner.lines.slice(15).map(({ fields }) => fields)).toEqual([
    { event: 'log-limited', of: 'connector-state', lines: 7 },
  ]);
  state(10);
  expect(inner.lines.at(-1)?.message).toBe('line 10');
});
