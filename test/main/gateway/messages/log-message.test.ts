import { expect, it } from 'vitest';
import { isAtLeast, isLogLevel, leastOf, withLogger } from '../../../../src/main/gateway/messages/log-message.ts';

it('isLogLevel() accepts only the log levels of MCP', () => {
  expect(['debug', 'emergency', 'Debug', 7, undefined].map(isLogLevel)).toEqual([true, true, false, false, false]);
});

it('isAtLeast() compares the severity of two log levels, and accepts unknown levels', () => {
  expect(['error', 'info', 'debug', 'odd'].map((level) => isAtLeast(level, 'info'))).toEqual([true, true, false, true]);
});

it('leastOf() returns the least severe of several log levels, or null for an empty list', () => {
  expect([leastOf(['error', 'info']), leastOf([])]).toEqual(['info', null]);
});

it('withLogger() adds the connector id to the start of the logger name of a log message', () => {
  expect(withLogger({ data: 1, logger: 'db' }, 'a')).toEqual({ data: 1, logger: 'a/db' });
  expect(withLogger({ data: 1 }, 'a')).toEqual({ data: 1, logger: 'a' });
  expect(withLogger({ data: 1 }, null)).toEqual({ data: 1 });
});
